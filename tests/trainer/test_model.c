// Two passes over two views are each view's own pass, taken together.
#include "tests/check.h"

#include "base/rng.h"
#include "trainer/parts/model.h"
#include "trainer/parts/noise.h"

#include <math.h>
#include <string.h>

enum { ROWS = 6, CHANNELS = 5, DIM = 4, OWN = 2 };
enum { BATCH = OWN * ROWS, FLOATS = BATCH * CHANNELS, TARGETS = ROWS * DIM };

static float views[2][FLOATS], target[TARGETS];

static const team alone = {.total = 1, .count = 1}; // nothing meets here

static const char *const metric_names[] = {"loss", NULL};

static method_setup setup = {
    .metric_names = metric_names,
    .team = &alone,
    .workers = {.total = OWN, .count = OWN, .batch = ROWS},
    .order = {.seed = 1, .count = 100, .batch = BATCH},
    .seed = 3,
    .view = {ROWS, CHANNELS, 1, 1},
};

static void fill(float *x, size_t count, uint64_t which)
{
    rng r = rng_open(1, RNG_TEST, 0, which, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = rng_normal(&r);
}

// What worker 1 leaves behind.
typedef struct leaf {
    float gradient[64], statistics[32], metrics[2];
} leaf;

// `passes` of weight 0.5 over views first, first + 1 ...
static leaf run(int first, int passes)
{
    model m;
    float *const targets[] = {target, target};
    assert_ok(model_create(&m, &setup, true));
    int x = graph_chain(m.graph, "linear", "fc", model_images(&m, 1), "{features: %d}", DIM);
    x = graph_chain(m.graph, "batch_norm", "norm", x, "{}");
    x = graph_chain(m.graph, "l2_normalise", "unit", x, "{}");
    int y = model_shared(&m, "target", (shape){ROWS, DIM, 1, 1}, targets);
    model_energy(&m, graph_add(m.graph, "cosine", "energy", (int[]){x, y}, 2, "{}"), 0.5);
    assert_ok(model_finish(&m, passes));
    const batch b = {.views = {views[first], views[(first + 1) % 2]}};
    phases clock = {0};
    const method_step step = {.batch = &b, .phases = &clock};
    leaf l = {{0}, {0}, {0}};
    assert_true(m.weights.param_count <= 64 && m.weights.statistic_count <= 32);
    model_prepare(&m, &step);
    model_run(&m, &step, (worker_group){1, 1}, &(method_leaf){l.gradient, l.statistics, l.metrics});
    model_destroy(&m);
    return l;
}

static void assert_near(const float *found, const float *a, const float *b, size_t count,
                        float share)
{
    for (size_t i = 0; i < count; i++)
        assert_true(fabsf(found[i] - share * (a[i] + b[i])) < 1e-6f);
}

static void losses_and_gradients_add_up_and_statistics_are_means(void **state)
{
    (void)state;
    leaf both = run(0, 2), one = run(0, 1), other = run(1, 1);
    assert_true(fabsf(one.metrics[0] - other.metrics[0]) > 1e-4f);
    assert_near(both.metrics, one.metrics, other.metrics, 1, 1);
    assert_near(both.gradient, one.gradient, other.gradient, 64, 1);
    assert_near(both.statistics, one.statistics, other.statistics, 32, 0.5f);
    assert_true(both.metrics[1] == 0); // this energy has no accuracy
}

// Half the energies' sum, over the batch of all workers: so the workers' shares add up to the mean.
static void the_loss_is_the_workers_share_of_the_mean_energy(void **state)
{
    (void)state;
    float saved[FLOATS];
    memcpy(saved, views[0], sizeof saved);
    leaf one = run(0, 1);
    // The first worker's images are not looked at.
    memset(views[0], 0, sizeof views[0] / OWN);
    leaf same = run(0, 1);
    memcpy(views[0], saved, sizeof saved);
    assert_memory_equal(&one, &same, sizeof one);
    assert_true(fabsf(one.metrics[0]) <= 0.5f / OWN);
}

// Two workers, one after the other or on ranks of their own, draw what the batch as a whole draws.
static void noise_belongs_to_the_position_in_the_batch(void **state)
{
    (void)state;
    enum { WIDTH = 70 };
    float together[2][BATCH * WIDTH], apart[2][ROWS * WIDTH];
    const method_step step = {.step = 5};
    method_setup whole = setup, half = setup;
    whole.workers = (workers){.total = 1, .count = 1, .batch = BATCH};
    half.workers = (workers){.total = OWN, .first = 1, .count = 1, .batch = ROWS};
    model a, b;
    assert_ok(model_create(&a, &whole, true));
    assert_ok(model_create(&b, &half, true));
    model_normal_noise(&a, "normal", (shape){BATCH, WIDTH, 1, 1});
    model_mask_noise(&a, "mask", (shape){BATCH, WIDTH, 1, 1}, 0.25);
    model_normal_noise(&b, "normal", (shape){ROWS, WIDTH, 1, 1});
    model_mask_noise(&b, "mask", (shape){ROWS, WIDTH, 1, 1}, 0.25);
    double kept = 0, squares = 0;
    for (int i = 0; i < 2; i++) {
        a.inputs[i].fill(a.inputs[i].state, &(model_moment){&whole, &step, 0, 0}, together[i]);
        b.inputs[i].fill(b.inputs[i].state, &(model_moment){&half, &step, 0, 0}, apart[i]);
        assert_memory_equal(together[i] + ROWS * WIDTH, apart[i], sizeof apart[i]);
    }
    for (int i = 0; i < BATCH * WIDTH; i++) {
        squares += (double)together[0][i] * (double)together[0][i];
        kept += (double)together[1][i];
    }
    assert_true(fabs(squares / (BATCH * WIDTH) - 1) < 0.2);
    assert_true(fabs(kept / (BATCH * WIDTH) - 0.25) < 0.06);
    a.inputs[0].fill(a.inputs[0].state, &(model_moment){&whole, &step, 0, 1}, together[1]);
    assert_memory_not_equal(together[0], together[1], sizeof together[0]);
    model_destroy(&a);
    model_destroy(&b);
}

int main(void)
{
    fill(views[0], FLOATS, 1);
    fill(views[1], FLOATS, 2);
    fill(target, TARGETS, 3);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_and_gradients_add_up_and_statistics_are_means),
        cmocka_unit_test(the_loss_is_the_workers_share_of_the_mean_energy),
        cmocka_unit_test(noise_belongs_to_the_position_in_the_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
