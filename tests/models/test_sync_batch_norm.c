// Synchronised batch norm of V workers is batch norm of their batches in one; and what the graph
// does for workers that run in lockstep.
#include "tests/check.h"

#include "base/rng.h"
#include "models/graph/graph.h"
#include "tests/models/local_team.h"

#include <math.h>
#include <stdlib.h>

enum { CHANNELS = 16, SIDE = 3, SAMPLES = 12, IMAGE = CHANNELS * SIDE * SIDE };
enum { IMAGES, RESIDUAL, INPUTS };

// y = relu(norm(x) + r) + relu(x): x has two consumers, so that its gradient is a sum.
typedef struct machine {
    graph *g;
    int workers;
    int inputs[INPUTS], out;
    float *data[INPUTS]; // (SAMPLES, IMAGE)
    float *params, *statistics;
    float **dparams, **measured; // (workers)
} machine;

static float *zeros(size_t count)
{
    float *x = calloc(count, sizeof *x);
    assert_non_null(x);
    return x;
}

static void fill(float *x, size_t count, uint64_t which, float mean)
{
    rng r = rng_open(5, RNG_TEST, 0, which, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = mean + rng_normal(&r);
}

static void build(machine *m, const char *norm)
{
    team t = local_team(&m->workers);
    shape s = {SAMPLES / m->workers, CHANNELS, SIDE, SIDE};
    assert_ok(graph_create(&m->g, true));
    graph_join(m->g, &t);
    m->inputs[IMAGES] = graph_input(m->g, "images", s, true);
    m->inputs[RESIDUAL] = graph_input(m->g, "residual", s, true);
    int y = graph_add(m->g, norm, "norm", m->inputs, 2, "{activation: relu}");
    int z = graph_chain(m->g, "relu", "relu", m->inputs[IMAGES], "{}");
    m->out = graph_add(m->g, "add", "sum", (int[]){y, z}, 2, "{}");
    graph_keep(m->g, m->out);
    assert_ok(graph_plan(m->g));
}

static size_t share_of(const machine *m)
{
    return (size_t)SAMPLES * IMAGE / (size_t)m->workers;
}

static void start(machine *m, const char *norm, int workers, float mean)
{
    *m = (machine){.workers = workers};
    build(m, norm);
    m->params = zeros(graph_param_count(m->g));
    m->statistics = zeros(graph_statistic_count(m->g));
    m->dparams = calloc((size_t)workers, sizeof *m->dparams);
    m->measured = calloc((size_t)workers, sizeof *m->measured);
    fill(m->params, graph_param_count(m->g), 10, 0);
    graph_bind(m->g, m->params, m->statistics);
    for (int i = 0; i < INPUTS; i++) {
        m->data[i] = zeros((size_t)SAMPLES * IMAGE);
        fill(m->data[i], (size_t)SAMPLES * IMAGE, (uint64_t)i, i == IMAGES ? mean : 0);
    }
    for (int w = 0; w < workers; w++) {
        m->dparams[w] = zeros(graph_param_count(m->g));
        m->measured[w] = zeros(graph_statistic_count(m->g));
        graph_select_worker(m->g, w);
        for (int i = 0; i < INPUTS; i++)
            graph_set_input(m->g, m->inputs[i], m->data[i] + (size_t)w * share_of(m));
    }
    graph_forward_team(m->g, true, m->out, m->measured);
    graph_backward_team(m->g, m->out, 1.0f, m->dparams);
}

static void stop(machine *m)
{
    graph_destroy(m->g);
    for (int w = 0; w < m->workers; w++)
        free(m->dparams[w]), free(m->measured[w]);
    free(m->params), free(m->statistics), free(m->dparams), free(m->measured);
    for (int i = 0; i < INPUTS; i++)
        free(m->data[i]);
}

// Within `tolerance` of the largest value.
static void assert_near(const char *what, const float *a, const float *b, size_t count,
                        double tolerance)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs((double)a[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)a[i] - (double)b[i]) <= tolerance * most))
            fail_msg("%s: %.9g at %zu, of the whole batch %.9g", what, (double)b[i], i,
                     (double)a[i]);
}

static void compare(machine *whole, machine *parted, double tolerance)
{
    size_t share = share_of(parted), params = graph_param_count(whole->g);
    for (int w = 0; w < parted->workers; w++) {
        size_t at = (size_t)w * share;
        graph_select_worker(parted->g, w);
        assert_near("y", graph_value(whole->g, whole->out) + at,
                    graph_value(parted->g, parted->out), share, tolerance);
        for (int i = 0; i < INPUTS; i++)
            assert_near("dx", graph_gradient(whole->g, whole->inputs[i]) + at,
                        graph_gradient(parted->g, parted->inputs[i]), share, tolerance);
        assert_near("batch statistics", whole->measured[0], parted->measured[w],
                    graph_statistic_count(whole->g), 1e-6);
    }
    for (int w = 1; w < parted->workers; w++)
        for (size_t i = 0; i < params; i++)
            parted->dparams[0][i] += parted->dparams[w][i];
    assert_near("dparams", whole->dparams[0], parted->dparams[0], params, tolerance);
}

static void workers_that_meet_are_one_batch(void **state)
{
    (void)state;
    for (int workers = 1; workers <= 4; workers++) {
        machine whole, parted;
        start(&whole, "batch_norm", 1, 0);
        start(&parted, "sync_batch_norm", workers, 0);
        compare(&whole, &parted, 1e-6);
        stop(&whole), stop(&parted);
    }
}

// What is left of x - mean after a mean of 1000 has three digits less.
static void a_large_mean_leaves_the_variance_exact(void **state)
{
    (void)state;
    machine whole, parted;
    start(&whole, "batch_norm", 1, 1000);
    start(&parted, "sync_batch_norm", 4, 1000);
    compare(&whole, &parted, 1e-4);
    stop(&whole), stop(&parted);
}

static void only_graphs_that_meet_keep_all_workers_tensors(void **state)
{
    (void)state;
    machine one, four, apart;
    start(&one, "sync_batch_norm", 1, 0);
    start(&four, "sync_batch_norm", 4, 0);
    assert_true(graph_meets(one.g) && graph_meets(four.g));
    // As many samples in all; beside them only what is brought to a meeting, and what a pass
    // carries.
    assert_in_range(graph_bytes(four.g), graph_bytes(one.g), graph_bytes(one.g) * 3 / 2);
    apart = (machine){.workers = 4};
    build(&apart, "batch_norm");
    assert_false(graph_meets(apart.g));
    assert_true(graph_bytes(apart.g) < graph_bytes(four.g) / 2);
    stop(&one), stop(&four);
    graph_destroy(apart.g);
}

static void one_value_a_channel_is_enough_among_several_workers(void **state)
{
    (void)state;
    const op_type *op = op_find("sync_batch_norm");
    op_plan p = {.input_count = 1, .in = {{1, 8, 1, 1}}, .in_block = {1}, .backward = true};
    p.workers = 1;
    assert_fails(op->plan(&(char[512]){0}, &p), ST_CONFIG, "more than one value");
    p.workers = 2;
    assert_ok(op->plan(&(char[512]){0}, &p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_that_meet_are_one_batch),
        cmocka_unit_test(a_large_mean_leaves_the_variance_exact),
        cmocka_unit_test(only_graphs_that_meet_keep_all_workers_tensors),
        cmocka_unit_test(one_value_a_channel_is_enough_among_several_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
