// Every optimizer of the registry finds the bottom of a bowl; SGD is PyTorch's, step by step.
#include "tests/check.h"

#include "trainer/optimizer.h"
#include "trainer/job/plugins.h"

#include <math.h>

enum { COUNT = 37 };

// Settings of an optimizer from YAML flow text.
static void read_settings(const plugin *p, const char *text, void *into)
{
    config *c = NULL;
    assert_ok(config_parse(&c, text, "settings", 0, NULL));
    assert_ok(config_read(c, "", (const config_part[]){{p->fields, into}, {NULL, NULL}}));
    config_destroy(c);
}

typedef struct approach {
    const char *name, *settings;
    double lr; // at first; falls to 0
} approach;

static approach approach_of(const char *name)
{
    const approach known[] = {{"lars", "{trust: 0.1}", 0.01}, {"adamw", "{weight_decay: 0}", 0.3}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0) return known[i];
    return (approach){name, "{}", 0.01};
}

// E = sum_i (i + 1) (w_i - i)^2 / 2
static void each_finds_the_bottom_of_a_bowl(void **state)
{
    (void)state;
    plugin p;
    for (int i = 0; plugin_at(PLUGIN_OPTIMIZER, i, &p); i++) {
        const optimizer_type *type = p.type;
        union {
            max_align_t aligned;
            char bytes[1024];
        } settings = {0};
        approach a = approach_of(p.name);
        read_settings(&p, a.settings, &settings);
        float w[COUNT] = {0}, gradient[COUNT], memory[OPTIMIZER_MAX_STATES][COUNT] = {{0}};
        const optimizer_segment segments[] = {{0, 20, false, 1}, {20, COUNT - 20, true, 1}};
        optimizer_step s = {w, gradient, {memory[0], memory[1]}, segments, 2, 0, 0};
        for (; s.step < 2000; s.step++) {
            s.lr = a.lr * (1 - (double)s.step / 2000);
            for (int k = 0; k < COUNT; k++)
                gradient[k] = (float)(k + 1) * (w[k] - (float)k);
            type->update(&settings, &s);
        }
        for (int k = 0; k < COUNT; k++)
            if (fabsf(w[k] - (float)k) > 0.02f) fail_msg("%s: w[%d] = %g", p.name, k, (double)w[k]);
    }
}

// Weights (2) after each of three steps with gradient 1, from (1, 1); the second is a bias.
static void assert_course(const char *name, const char *text, double lr,
                          const double expected[3][2])
{
    plugin p;
    assert_ok(plugin_find(PLUGIN_OPTIMIZER, name, "here", &p));
    union {
        max_align_t aligned;
        char bytes[1024];
    } settings = {0};
    read_settings(&p, text, &settings);
    float w[2] = {1, 1}, gradient[2] = {1, 1}, memory[OPTIMIZER_MAX_STATES][2] = {{0}};
    const optimizer_segment segments[] = {{0, 1, false, 1}, {1, 1, true, 1}};
    optimizer_step s = {w, gradient, {memory[0], memory[1]}, segments, 2, lr, 0};
    for (; s.step < 3; s.step++) {
        ((const optimizer_type *)p.type)->update(&settings, &s);
        for (int k = 0; k < 2; k++)
            if (fabs((double)w[k] - expected[s.step][k]) > 1e-6)
                fail_msg("%s %s: w[%d] = %.9g after step %d, not %.9g", name, text, k, (double)w[k],
                         (int)s.step + 1, expected[s.step][k]);
    }
}

// A tensor at half the rate moves as at half the learning rate, under every optimizer.
static void a_rate_scales_the_learning_rate(void **state)
{
    (void)state;
    plugin p;
    for (int i = 0; plugin_at(PLUGIN_OPTIMIZER, i, &p); i++) {
        union {
            max_align_t aligned;
            char bytes[1024];
        } settings = {0};
        read_settings(&p, "{}", &settings);
        float w[2][2] = {{1, 2}, {1, 2}}, gradient[2] = {1, -3};
        float memory[2][OPTIMIZER_MAX_STATES][2] = {{{0}}};
        for (int half = 0; half < 2; half++) {
            const optimizer_segment segment = {0, 2, false, half ? 0.5 : 1};
            optimizer_step s = {w[half],  gradient, {memory[half][0], memory[half][1]},
                                &segment, 1,        half ? 0.2 : 0.1,
                                0};
            for (; s.step < 3; s.step++)
                ((const optimizer_type *)p.type)->update(&settings, &s);
        }
        assert_true(w[0][0] != 1);
        assert_memory_equal(w[0], w[1], sizeof w[0]);
    }
}

// v: 1.1, 0.55 + 1.078, 0.814 + 1.04544;  w: 0.78, 0.4544, 0.082512
// without decay v: 1, 1.5, 1.75;  w: 0.8, 0.5, 0.15
static void sgd_is_that_of_pytorch(void **state)
{
    (void)state;
    const double both[3][2] = {{0.78, 0.78}, {0.4544, 0.4544}, {0.082512, 0.082512}};
    assert_course("sgd", "{momentum: 0.5, weight_decay: 0.1}", 0.2, both);
    const double spared[3][2] = {{0.78, 0.8}, {0.4544, 0.5}, {0.082512, 0.15}};
    assert_course("sgd", "{momentum: 0.5, weight_decay: 0.1, decay_norms: false}", 0.2, spared);
}

// steps pull + v/2: without decay 1.5, 1.75, 1.875; with it 1.65, then pull 1.067, v 1.617 ->
// 1.8755, then pull 1.02949, v 1.83799 -> 1.948485
static void nesterov_is_that_of_pytorch(void **state)
{
    (void)state;
    const double expected[3][2] = {{0.67, 0.7}, {0.2949, 0.35}, {-0.094797, -0.025}};
    assert_course("sgd", "{momentum: 0.5, weight_decay: 0.1, nesterov: true, decay_norms: false}",
                  0.2, expected);
}

// The gradient is always 1, so both corrected moments are 1 and a step is lr: w <- 0.98 w - 0.2.
static void adamw_decays_apart_from_the_step(void **state)
{
    (void)state;
    const double expected[3][2] = {{0.78, 0.8}, {0.5644, 0.6}, {0.353112, 0.4}};
    assert_course("adamw", "{weight_decay: 0.1, decay_norms: false}", 0.2, expected);
}

// Of one number the ratio trust |w| / |d| makes each pull trust |w|: v 0.1, then 0.05 + 0.098, then
// 0.074 + 0.09504. The bias has none.
static void lars_steps_by_the_length_of_the_weights(void **state)
{
    (void)state;
    const double expected[3][2] = {{0.98, 0.8}, {0.9504, 0.5}, {0.916592, 0.15}};
    assert_course("lars", "{momentum: 0.5, weight_decay: 0.3, trust: 0.1}", 0.2, expected);
}

static void unknown_optimizer_names_the_nearest(void **state)
{
    (void)state;
    plugin p;
    assert_fails(plugin_find(PLUGIN_OPTIMIZER, "sgdd", "job.yaml:3:9", &p), ST_CONFIG,
                 "job.yaml:3:9: optimizer 'sgdd' is not known; did you mean 'sgd'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_finds_the_bottom_of_a_bowl),
        cmocka_unit_test(a_rate_scales_the_learning_rate),
        cmocka_unit_test(sgd_is_that_of_pytorch),
        cmocka_unit_test(nesterov_is_that_of_pytorch),
        cmocka_unit_test(adamw_decays_apart_from_the_step),
        cmocka_unit_test(lars_steps_by_the_length_of_the_weights),
        cmocka_unit_test(unknown_optimizer_names_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
