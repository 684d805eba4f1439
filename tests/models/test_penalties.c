// tests/models/test_penalties.c -- a proximal step is a minimum: no point of a grid is better.
#include "models/codes/penalty.h"

#include "base/rng.h"
#include "tests/check.h"

#include <math.h>

// Two positions of two atoms: four codes that count, and 28 lanes that must stay 0.
static const dictionary_geometry geometry = {2, 1, 2, 2, 3};
#define FLOATS 32
#define CODES  4
static const size_t places[CODES] = {0, 1, 16, 17};

static const struct {
    const char *penalty, *settings;
} examples[] = {
    {"l1", "{}"},
    {"l0", "{}"},
    {"top_k", "{k: 2}"},
    {"top_k", "{k: 3}"},
    {"top_k", "{k: 1, scope: position}"},
    {"inhibition", "{strength: 1.5}"},
    {"inhibition", "{strength: 0.4, group: 1}"},
    {"inhibition", "{strength: 0}"},
};
#define EXAMPLES (sizeof examples / sizeof *examples)

static union {
    char bytes[1024];
    double aligned;
} settings;

static const penalty_type *use(size_t example)
{
    static const config_field none[] = {{0}};
    const penalty_type *p = penalty_find(examples[example].penalty);
    assert_non_null(p);
    assert_true(p->config_size <= sizeof settings);
    config *c;
    assert_ok(config_parse(&c, p->fields == NULL ? "{}" : examples[example].settings, "example", 0,
                           NULL));
    const config_part parts[] = {{p->fields == NULL ? none : p->fields, &settings}, {0}};
    assert_ok(config_read(c, "", parts));
    config_destroy(c);
    return p;
}

// 1/2 |z - u|^2 + weight R(z)
static double price(const penalty_type *p, const float *u, const float *z, double weight)
{
    double sum = 0, penalty = p->value(&settings, &geometry, z);
    for (size_t i = 0; i < FLOATS; i++)
        sum += ((double)z[i] - (double)u[i]) * ((double)z[i] - (double)u[i]) / 2;
    return penalty > 0 ? sum + weight * penalty : sum;
}

#define STEPS 13

static void compare_with_grid(const penalty_type *p, const float *u, double weight,
                              bool non_negative)
{
    float z[FLOATS], other[FLOATS] = {0};
    memcpy(z, u, sizeof z);
    p->prox(&settings, &geometry, weight, non_negative, z);
    double best = price(p, u, z, weight);
    assert_true(isfinite(best));
    for (size_t i = 0; i < FLOATS; i++)
        assert_true((i % 16 < 2 || z[i] == 0) && (!non_negative || z[i] >= 0));
    for (int n = 0; n < STEPS * STEPS * STEPS * STEPS; n++) {
        for (int i = 0, rest = n; i < CODES; i++, rest /= STEPS) {
            // multiples of the input, 0 and the result itself among them
            float share = (float)(rest % STEPS) / (float)(STEPS - 3);
            other[places[i]] = rest % STEPS == STEPS - 1 ? z[places[i]] : share * u[places[i]];
            if (non_negative && other[places[i]] < 0) other[places[i]] = 0;
        }
        assert_true(price(p, u, other, weight) >= best - 1e-6);
    }
    // and near the result
    rng r = rng_open(3, RNG_TEST, 0, 1, 0);
    for (int n = 0; n < 300; n++) {
        memcpy(other, z, sizeof other);
        for (int i = 0; i < CODES; i++) {
            other[places[i]] += 0.01f * rng_normal(&r);
            if (non_negative && other[places[i]] < 0) other[places[i]] = 0;
        }
        assert_true(price(p, u, other, weight) >= best - 1e-6);
    }
}

static void no_point_is_better_than_the_proximal_step(void **state)
{
    (void)state;
    for (size_t e = 0; e < EXAMPLES; e++) {
        const penalty_type *p = use(e);
        for (int n = 0; n < 6; n++) {
            rng r = rng_open(3, RNG_TEST, 0, (uint64_t)n + 7, 0);
            float u[FLOATS] = {0};
            for (int i = 0; i < CODES; i++)
                u[places[i]] = rng_normal(&r);
            compare_with_grid(p, u, 0.1 + 0.1 * n, n % 2 == 1);
        }
    }
}

static void every_penalty_has_an_example_here(void **state)
{
    (void)state;
    for (int i = 0; penalty_table[i] != NULL; i++) {
        size_t found = 0;
        for (size_t e = 0; e < EXAMPLES; e++)
            found += penalty_find(examples[e].penalty) == penalty_table[i];
        assert_true(found > 0);
        assert_non_null(penalty_table[i]->help);
    }
}

// Of equal magnitudes the first are kept, so exactly k.
static void ties_are_kept_in_order(void **state)
{
    (void)state;
    const penalty_type *p = use(2);
    float z[FLOATS] = {[0] = 1, [1] = -1, [16] = 1, [17] = 2};
    p->prox(&settings, &geometry, 0, false, z);
    assert_true(z[0] == 1 && z[1] == 0 && z[16] == 0 && z[17] == 2);
    float small[FLOATS] = {[0] = 1e-30f, [1] = -2e-30f, [16] = 1, [17] = 0};
    p->prox(&settings, &geometry, 0, false, small);
    assert_true(small[0] == 0 && small[1] == -2e-30f && small[16] == 1);
}

// With an inhibition that grows, the weaker of two alternatives falls silent first.
static void the_stronger_atom_silences_the_weaker(void **state)
{
    (void)state;
    const penalty_type *p = use(5);
    float z[FLOATS] = {[0] = 1, [1] = 0.6f, [16] = 0.6f};
    p->prox(&settings, &geometry, 0.4, false, z);
    assert_true(z[0] > 0 && z[1] == 0 && z[16] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_point_is_better_than_the_proximal_step),
        cmocka_unit_test(every_penalty_has_an_example_here),
        cmocka_unit_test(ties_are_kept_in_order),
        cmocka_unit_test(the_stronger_atom_silences_the_weaker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
