// A denoising auto-encoder learns the score: r(y) - y points along the gradient of the log density
// of noisy points, which is known for points on a curve.
//   p(y) = mean over u of N(y; p(u), sigma^2 1),  score = sum_u w_u (p(u) - y) / sigma^2,
//   w_u = softmax over u of -|y - p(u)|^2 / (2 sigma^2)
//   source: Alain & Bengio 2014 (JMLR 15) theorem 1; Vincent 2011 (Neural Computation 23)
#include "tests/check_mpi.h"

#include "io/packing/synth.h"
#include "io/packing/synths/spiral.h"
#include "trainer/loop/training.h"

#include <math.h>

static world w;

enum { BATCH = 256, STEPS = 3000, SAMPLES = 100 * BATCH }; // SAMPLES of an epoch, of which are 30
enum { CHECKED = 8, CURVE = 1000 };                        // batches; points of the curve

#define SIGMA 0.15

static char *const overrides[] = {"schedule.epochs=30", "batch=256", "method.sigma=0.15"};

// What a loader would give at step `step`: points of the curve.
static void draw_batch(const training *t, batch *b, float points[BATCH][2], uint64_t ids[BATCH])
{
    for (uint64_t i = 0; i < BATCH; i++) {
        ids[i] = t->step * BATCH + i;
        synth_draw(synth_find("spiral"), 1, 0, ids[i], 1, points[i]);
    }
    *b = (batch){.step = t->step, .views = {points[0]}, .ids = {ids}};
}

static status train(training *t)
{
    static float points[BATCH][2];
    static uint64_t ids[BATCH];
    for (int i = 0; i < STEPS; i++) {
        batch b;
        step_outcome outcome;
        draw_batch(t, &b, points, ids);
        TRY(training_step(t, &b, &outcome));
    }
    return ST_OK;
}

// sigma^2 times the score at y: where a point of the curve is to be expected, less y.
static void step_to_curve(const float y[2], double step[2])
{
    static double curve[CURVE][2], exponent[CURVE];
    double most = -(double)INFINITY, sum = 0;
    for (int i = 0; i < CURVE; i++) {
        spiral_point((i + 0.5) / CURVE, curve[i]);
        double dx = curve[i][0] - (double)y[0], dy = curve[i][1] - (double)y[1];
        exponent[i] = -(dx * dx + dy * dy) / (2 * SIGMA * SIGMA);
        most = fmax(most, exponent[i]);
    }
    step[0] = step[1] = 0;
    for (int i = 0; i < CURVE; i++) {
        double weight = exp(exponent[i] - most);
        sum += weight;
        for (int k = 0; k < 2; k++)
            step[k] += weight * (curve[i][k] - (double)y[k]);
    }
    step[0] /= sum, step[1] /= sum;
}

// Of r(y) - y and the true one, mean over rows.
static double mean_cosine(const float *spoilt, const float *whole)
{
    double sum = 0;
    for (int i = 0; i < BATCH; i++) {
        const float *y = spoilt + 2 * (size_t)i, *r = whole + 2 * (size_t)i;
        double expected[2], found[2] = {(double)r[0] - (double)y[0], (double)r[1] - (double)y[1]};
        step_to_curve(y, expected);
        sum += (found[0] * expected[0] + found[1] * expected[1]) /
               (hypot(found[0], found[1]) * hypot(expected[0], expected[1]));
    }
    return sum / BATCH;
}

// Over new points of the noisy density: the model's own noise on new points of the curve.
static status measure(training *t, double *cosine)
{
    static float points[BATCH][2];
    static uint64_t ids[BATCH];
    static model seeing;
    method_setup setup = t->setup;
    setup.evaluates = true;
    method_core core = {0};
    TRY(t->job->method->create(&seeing, &setup, &core));
    weights_follow(&seeing.weights, t->learned, 0);
    model_prepare(&seeing, &(method_step){.phases = &t->phases});
    *cosine = 0;
    for (uint64_t i = 0; i < CHECKED; i++) {
        batch b;
        double sums[METHOD_MAX_METRICS] = {0};
        t->step = STEPS + i; // other points, other noise
        draw_batch(t, &b, points, ids);
        method_step step = {.step = t->step, .batch = &b, .phases = &t->phases};
        model_measure(&seeing, &step, BATCH, sums);
        const float *spoilt = graph_value(seeing.graph, seeing.restoration.spoilt);
        const float *whole = graph_value(seeing.graph, seeing.restoration.whole);
        *cosine += mean_cosine(spoilt, whole) / CHECKED;
    }
    t->job->method->destroy(&seeing);
    return ST_OK;
}

static void a_denoiser_points_along_the_score(void **state)
{
    (void)state;
    static job j;
    static training t;
    double before = 0, after = 0;
    assert_ok(job_load(&j, "jobs/denoising_spiral.yaml", 3, overrides));
    assert_ok(training_open_without_data(&t, &w, &j, (shape){1, 2, 1, 1}, SAMPLES));
    assert_ok(measure(&t, &before));
    t.step = 0;
    assert_ok(train(&t));
    assert_ok(measure(&t, &after));
    print_message("mean cosine of r(y) - y and the score: %.4f; untrained %.4f\n", after, before);
    assert_true(after > 0.95);
    assert_true(before < 0.5);
    training_close(&t);
    job_destroy(&j);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_denoiser_points_along_the_score),
    };
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
