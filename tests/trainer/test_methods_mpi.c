// Every method, whatever it is: the same bits on 1, 2 and 4 ranks, also when it is stopped and goes
// on on another number; no allocation in a step; and a backward pass that is the slope of its
// energy.
#include "tests/check_mpi.h"

#include "base/rng.h"
#include "comm/exchange.h"
#include "tests/comm/part_world.h"
#include "tests/trainer/method_trial.h"
#include "trainer/job/plugins.h"

#include <math.h>
#include <stdlib.h>

static world all_ranks;

enum { STOP = 3, END = METHOD_TRIAL_STEPS };

// What a trial leaves behind.
typedef struct outcome {
    uint64_t hash[2]; // after STOP and END steps
    void *state;      // after STOP steps
    size_t state_size;
    int allocations;
} outcome;

static void *memory_of(size_t bytes)
{
    void *memory = calloc(bytes + 1, 1);
    if (memory == NULL) abort();
    return memory;
}

static bool names_differ(method_trial *t)
{
    size_t count = snapshot_describe(&t->training, NULL);
    checkpoint_array *arrays = memory_of(count * sizeof *arrays);
    (void)snapshot_describe(&t->training, arrays);
    bool differ = true;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            differ = differ && strcmp(arrays[i].name, arrays[k].name) != 0;
    free(arrays);
    return differ;
}

// From step 0, or from the state of step STOP.
static status run_in(const world *part, const method_settings *settings, const void *from,
                     uint64_t end, outcome *o)
{
    method_trial t;
    status s = method_trial_open(&t, part, settings);
    if (s == ST_OK && !names_differ(&t)) s = ST_INTERNAL;
    if (s == ST_OK && from != NULL) method_trial_restore(&t, from);
    if (s == ST_OK) s = method_trial_run(&t, STOP, &o->allocations);
    if (s == ST_OK) {
        o->hash[0] = method_trial_hash(&t);
        o->state_size = method_trial_state_size(&t);
        o->state = memory_of(o->state_size);
        method_trial_save(&t, o->state);
        s = method_trial_run(&t, end, &o->allocations);
    }
    if (s == ST_OK) o->hash[1] = method_trial_hash(&t);
    method_trial_close(&t);
    return s;
}

// Collective. On the first `ranks` ranks; the others learn rank 0's outcome. False: failed.
static bool run_on(int ranks, const method_settings *settings, const void *from, uint64_t end,
                   outcome *o)
{
    static part_world part; // too large for a stack
    status s = ST_OK;
    uint64_t allocations, size;
    *o = (outcome){0};
    part_world_open(&part, &all_ranks, ranks);
    if (part.inside) s = run_in(&part.world, settings, from, end, o);
    part_world_close(&part);
    if (!true_on_all(s == ST_OK, settings->method, __FILE__, __LINE__)) return false;
    bool same = true;
    uint64_t first[2] = {o->hash[0], o->hash[1]};
    exchange_broadcast(&all_ranks, first, sizeof first, 0);
    if (all_ranks.rank < ranks) same = memcmp(first, o->hash, sizeof first) == 0;
    memcpy(o->hash, first, sizeof first);
    allocations = (uint64_t)o->allocations;
    exchange_sum(&all_ranks, &allocations, 1);
    o->allocations = (int)allocations;
    size = o->state_size;
    exchange_broadcast(&all_ranks, &size, sizeof size, 0);
    o->state_size = size;
    if (o->state == NULL) o->state = memory_of(size);
    exchange_broadcast(&all_ranks, o->state, size, 0);
    return true_on_all(same, "all ranks hold the same state", __FILE__, __LINE__);
}

// Fails on all ranks, and says of which settings.
static void check(bool holds, const char *what, const method_settings *s)
{
    char text[512];
    snprintf(text, sizeof text, "%s: %s {%s} %s", what, s->method, s->own, s->sections);
    assert_true(true_on_all(holds, text, __FILE__, __LINE__));
}

// Collective. The hash of a whole run: on 4 ranks, and begun on 1 and resumed on 2.
static uint64_t check_settings(const method_settings *s)
{
    outcome whole, part, rest;
    check(run_on(4, s, NULL, END, &whole), "runs on 4 ranks", s);
    check(run_on(1, s, NULL, STOP, &part), "runs on 1 rank", s);
    check(run_on(2, s, part.state, END, &rest), "goes on on 2 ranks", s);
    check(whole.hash[0] != whole.hash[1], "steps change the state", s);
    check(part.hash[0] == whole.hash[0], "the same bits on 1 rank as on 4", s);
    check(rest.hash[1] == whole.hash[1], "the same bits resumed on 2 ranks", s);
    check(whole.allocations + part.allocations + rest.allocations == 0, "no allocation", s);
    free(whole.state), free(part.state), free(rest.state);
    return whole.hash[1];
}

static void every_method_has_the_same_bits_on_any_number_of_ranks(void **state)
{
    (void)state;
    plugin p;
    for (int i = 0; plugin_at(PLUGIN_METHOD, i, &p); i++) {
        const method_type *method = p.type;
        uint64_t plain = check_settings(&(method_settings){p.name, "", ""});
        if ((method->sections & SECTION_MODEL) == 0) continue;
        const method_settings bf16 = {p.name, "", "precision: bf16"};
        check(check_settings(&bf16) != plain, "precision changes the result", &bf16);
    }
}

#define SYNC "model: {net: convnet, width: 2, dim: 8, norm: sync, head: mlp_sync_bn}"

// What changes a method's steps, and so its result.
static const method_settings variations[] = {
    {"moco", "symmetric: true", ""},
    {"moco", "shuffle: false", ""},
    {"moco", "mask_same: true", ""},
    {"moco", "momentum_final: 1", ""},
    {"moco", "symmetric: true, mask_same: true", SYNC},
    {"moco", "", "model: {net: convnet, width: 2, dim: 8, norm: group}"},
    {"moco", "", "model: {net: convnet, width: 16, dim: 8}"},
    {"moco", "", "model: {net: convnet, width: 16, dim: 8}\nprecision: bf16"},
    {"moco", "", "seed: 4"},
    {"moco", "", "optimizer: {name: sgd, lr: 0.05, nesterov: true}"},
    {"moco", "", "optimizer: {name: sgd, lr: 0.05, weight_decay: 0.1, decay_norms: false}"},
    {"moco", "", "optimizer: {name: lars, lr: 0.05}"},
    {"moco", "", "optimizer: {name: adamw, lr: 0.001}"},
    {"moco_v3", "", "model: {net: convnet, width: 2, dim: 8, head: mlp_bn}"},
    {"moco_v3", "", SYNC},
    {"simclr", "", SYNC},
    {"simsiam", "", "model: {net: convnet, width: 2, dim: 8, head: mlp_bn, head_layers: 3}"},
    {"simsiam", "", SYNC},
    {"vicreg", "", SYNC},
    {"sigreg", "", SYNC},
    {"denoising", "sigma: 0, masked: 0.5", "decoder: {name: mlp, hidden: 5}"},
    {"vae", "pixels: gaussian", "decoder: {name: mlp, hidden: 5}"},
    {"sparse", "encoder_learns: energy", "encoder: {name: lista}"},
    {"sparse", "", "penalty: {lambda: 0.05, unit: density}\nencoder: {name: none}"},
    {"sparse", "dictionary_rate: 0", ""},
    {"sparse", "dictionary_step: online, dictionary_rate: 1", "encoder: {name: none}"},
    {"sparse", "border: same, start: encoder", ""},
    {"sparse", "border: free, start: last, remember: 300", ""},
};

// What changes the result on some processors only.
static const method_settings kernels[] = {
    {"moco", "", "model: {net: convnet, width: 16, dim: 8}\nconv: direct"},
    {"moco", "", "model: {net: convnet, width: 16, dim: 8}\nconv: winograd"},
};

static void every_variation_has_them_too(void **state)
{
    (void)state;
    enum { COUNT = sizeof variations / sizeof *variations };
    uint64_t hashes[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        hashes[i] = check_settings(&variations[i]);
        for (size_t k = 0; k < i; k++)
            check(hashes[k] != hashes[i], "differs from others", &variations[i]);
    }
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        (void)check_settings(&kernels[i]);
}

// Nets without kinks, so that differences tell of slopes; and a solver that is exact, with prices
// that do not depend on the atoms, so that codes found anew change nothing.
static const char smooth_model[] =
    "model: {net: mlp, hidden: 12, activation: tanh, dim: 8, head: linear}\n"
    "penalty: {lambda: 0.3, unit: absolute}\n"
    "solver: {gap: 1e-7}\n"
    "decoder: {name: mlp, hidden: 12, activation: tanh}\n";

// The energy at centre + h direction.
static double energy_at(method_trial *t, const float *centre, const float *direction, double h)
{
    const weights *learned = t->training.learned;
    for (size_t i = 0; i < learned->param_count; i++)
        learned->params[i] = (float)((double)centre[i] + h * (double)direction[i]);
    return method_trial_energy(t, NULL);
}

static double product(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

// Along one random direction. Differences over a smaller step meet fewer kinks (a predictor has
// some in any case) but lose more to rounding; a wrong gradient agrees with none.
static bool slopes_agree(method_trial *t, uint64_t which)
{
    const weights *learned = t->training.learned;
    size_t count = learned->param_count;
    float *gradient = memory_of(3 * count * sizeof *gradient);
    float *direction = gradient + count, *centre = direction + count;
    memcpy(centre, learned->params, count * sizeof *centre);
    rng r = rng_open(1, RNG_TEST, 0, which, 0);
    rng_normals(&r, direction, count);
    (void)method_trial_energy(t, gradient);
    double expected = product(gradient, direction, count), found = 0;
    double tolerance = 2e-3 * sqrt(product(gradient, gradient, count));
    bool agree = false;
    for (int i = 0; i < 4 && !agree; i++) {
        double h = 2e-4 / (double)(1 << 2 * i);
        found = (energy_at(t, centre, direction, h) - energy_at(t, centre, direction, -h)) / 2 / h;
        agree = fabs(found - expected) < tolerance;
    }
    if (!agree)
        print_error("%s: slope %g by differences, %g by backward (tolerance %g)\n",
                    t->job.method->name, found, expected, tolerance);
    memcpy(learned->params, centre, count * sizeof *centre);
    free(gradient);
    return agree;
}

static bool try_gradient(const world *alone, const method_settings *s)
{
    method_trial t;
    int allocations = 0;
    bool agree = method_trial_open(&t, alone, s) == ST_OK;
    agree = agree && method_trial_run(&t, STOP, &allocations) == ST_OK;
    for (uint64_t which = 0; agree && which < 4; which++)
        agree = slopes_agree(&t, which);
    method_trial_close(&t);
    return agree;
}

static void every_gradient_is_the_slope_of_the_energy(void **state)
{
    (void)state;
    plugin p;
    static part_world part;
    part_world_open(&part, &all_ranks, 1);
    for (int i = 0; plugin_at(PLUGIN_METHOD, i, &p); i++) {
        const method_settings s = {p.name, "", smooth_model};
        check(!part.inside || try_gradient(&part.world, &s), "the gradient is the slope", &s);
    }
    part_world_close(&part);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_has_the_same_bits_on_any_number_of_ranks),
        cmocka_unit_test(every_variation_has_them_too),
        cmocka_unit_test(every_gradient_is_the_slope_of_the_energy),
    };
    if (world_init(&all_ranks, &argc, &argv) != ST_OK) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&all_ranks);
    return failed;
}
