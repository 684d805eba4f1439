// The loss of a variational auto-encoder is -ELBO in nats an image: -log p(y) and the distance of
// its code from the true posterior, where both are known.
#include "tests/check_mpi.h"

#include "base/rng.h"
#include "trainer/loop/training.h"

#include <math.h>
#include <string.h>

enum { PIXELS = 4, CODES = 2, BATCH = 8192 };

static world w;
static job j;
static training t;
static model seeing;
static float images[BATCH][PIXELS]; // uniform in 0..1

// Encoder and decoder are linear: one layer of ReLU that passes what is not negative.
static const char text[] = "run: none\nworkers: 1\nbatch: 8192\ndata: {train: none}\n"
                           "model: {net: mlp, hidden: 4, layers: 1}\n"
                           "decoder: {name: mlp, layers: 0}\n"
                           "optimizer: {name: sgd, lr: 0.01}\n"
                           "schedule: {name: constant, epochs: 1}\n"
                           "method: {name: vae, codes: 2, beta: 1, pixels: %s}\n";

static const double decode[PIXELS][CODES] = {{0.9, 0}, {-1.2, 0}, {0, 0.5}, {0, 0.4}};
static const double centre[PIXELS] = {0.5, -0.3, 0.2, 1.1};

static float *weight(const char *name)
{
    const graph_param *p;
    for (int i = 0; (p = graph_param_at(seeing.graph, i)) != NULL; i++)
        if (strcmp(p->name, name) == 0) return seeing.weights.params + p->offset;
    fail_msg("the model has no %s", name);
    return NULL;
}

// All weights are 0, but the encoder's first layer passes its images and the decoder adds `centre`.
static void start(const char *pixels)
{
    static method_setup setup;
    char job_text[1024];
    method_core core = {0};
    snprintf(job_text, sizeof job_text, text, pixels);
    assert_ok(job_parse(&j, job_text, "job"));
    assert_ok(training_open_without_data(&t, &w, &j, (shape){1, PIXELS, 1, 1}, BATCH));
    setup = t.setup;
    setup.evaluates = true;
    assert_ok(j.method->create(&seeing, &setup, &core));
    memset(seeing.weights.params, 0, seeing.weights.param_count * sizeof(float));
    for (int i = 0; i < PIXELS; i++) {
        weight("layer1.weight")[i * PIXELS + i] = 1;
        weight("decoder.fc.bias")[i] = (float)centre[i];
    }
}

static void stop(void)
{
    j.method->destroy(&seeing);
    training_close(&t);
    job_destroy(&j);
}

// The loss an image, mean over all.
static double loss(void)
{
    double sums[METHOD_MAX_METRICS] = {0};
    batch b = {.views = {images[0]}};
    method_step step = {.batch = &b, .phases = &t.phases};
    model_prepare(&seeing, &step);
    model_measure(&seeing, &step, BATCH, sums);
    return sums[0] / BATCH;
}

// Without a code: coins of known bias, and no information.
static void coins_cost_their_cross_entropy(void **state)
{
    (void)state;
    double expected = 0;
    start("bernoulli");
    for (int n = 0; n < BATCH; n++)
        for (int i = 0; i < PIXELS; i++)
            expected += (log1p(exp(centre[i])) - (double)images[n][i] * centre[i]) / BATCH;
    assert_true(fabs(loss() - expected) < 1e-5);
    // KL of N(1, 1/4) and N(-1, 4) from N(0, 1); the decoder looks at neither.
    for (int c = 0; c < CODES; c++) {
        weight("mean.bias")[c] = c == 0 ? 1 : -1;
        weight("log_variance.bias")[c] = (float)(c == 0 ? log(0.25) : log(4));
    }
    double divergence = 0.5 * (1 + 0.25 - 1 - log(0.25)) + 0.5 * (1 + 4 - 1 - log(4));
    assert_true(fabs(loss() - expected - divergence) < 1e-5);
    stop();
}

// y = W z + b + noise has density N(b, 1 + W W'); the posterior of z is N(S W'(y - b), S),
// S = (1 + W'W)^-1, diagonal since W's columns are orthogonal.
static double variance(int code)
{
    double sum = 1;
    for (int i = 0; i < PIXELS; i++)
        sum += decode[i][code] * decode[i][code];
    return 1 / sum;
}

static void set_posterior(void)
{
    for (int c = 0; c < CODES; c++) {
        weight("log_variance.bias")[c] = (float)log(variance(c));
        weight("mean.bias")[c] = 0;
        for (int i = 0; i < PIXELS; i++) {
            double encode = variance(c) * decode[i][c];
            weight("mean.weight")[c * PIXELS + i] = (float)encode;
            weight("mean.bias")[c] -= (float)(encode * centre[i]);
            weight("decoder.fc.weight")[i * CODES + c] = (float)decode[i][c];
        }
    }
}

// Mean over the images of -log p(y), by (1 + W W')^-1 = 1 - W S W' and |1 + W W'| = 1 / |S|.
static double mean_surprise(void)
{
    double sum = 0;
    for (int n = 0; n < BATCH; n++) {
        double square = 0;
        for (int i = 0; i < PIXELS; i++)
            square += pow((double)images[n][i] - centre[i], 2);
        for (int c = 0; c < CODES; c++) {
            double along = 0;
            for (int i = 0; i < PIXELS; i++)
                along += decode[i][c] * ((double)images[n][i] - centre[i]);
            square -= variance(c) * along * along;
        }
        sum += 0.5 * square;
    }
    return sum / BATCH - 0.5 * log(variance(0) * variance(1));
}

// Up to the constant of the noise, log(2 pi) / 2 a pixel, which squared errors leave out. Draws of
// z leave 2 % of a nat.
static void the_bound_is_tight_at_the_posterior(void **state)
{
    (void)state;
    start("gaussian");
    set_posterior();
    double surprise = mean_surprise();
    assert_true(fabs(loss() - surprise) < 0.05);
    // A code of e^0.5 times the variance: KL(q, posterior) = sum (e^0.5 - 1 - 0.5) / 2.
    for (int c = 0; c < CODES; c++)
        weight("log_variance.bias")[c] += 0.5f;
    assert_true(fabs(loss() - surprise - CODES * (exp(0.5) - 1.5) / 2) < 0.05);
    stop();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coins_cost_their_cross_entropy),
        cmocka_unit_test(the_bound_is_tight_at_the_posterior),
    };
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    rng r = rng_open(1, RNG_TEST, 0, 0, 0);
    for (int n = 0; n < BATCH; n++)
        for (int i = 0; i < PIXELS; i++)
            images[n][i] = rng_uniform(&r);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
