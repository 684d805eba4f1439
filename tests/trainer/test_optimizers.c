// Every optimizer of the registry finds the bottom of a bowl; SGD is PyTorch's, step by step.
#include "tests/check.h"

#include "trainer/optimizer.h"
#include "trainer/plugins.h"

#include <math.h>

enum { COUNT = 37 };

// Default settings of an optimizer, into `config`.
static void read_defaults(const plugin *p, void *into)
{
    config *c = NULL;
    assert_ok(config_parse(&c, "{}", "defaults", 0, NULL));
    assert_ok(config_read(c, "", (const config_part[]){{p->fields, into}, {NULL, NULL}}));
    config_destroy(c);
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
        read_defaults(&p, &settings);
        float w[COUNT] = {0}, gradient[COUNT], memory[OPTIMIZER_MAX_STATES][COUNT] = {{0}};
        const optimizer_segment segments[] = {{0, 20, false}, {20, COUNT - 20, true}};
        optimizer_step s = {w, gradient, {memory[0], memory[1]}, segments, 2, 0.01, 0};
        for (; s.step < 2000; s.step++) {
            for (int k = 0; k < COUNT; k++)
                gradient[k] = (float)(k + 1) * (w[k] - (float)k);
            type->update(&settings, &s);
        }
        for (int k = 0; k < COUNT; k++)
            if (fabsf(w[k] - (float)k) > 0.02f) fail_msg("%s: w[%d] = %g", p.name, k, (double)w[k]);
    }
}

// Three steps by hand: momentum 0.5, decay 0.1, lr 0.2, gradient 1 throughout, from w = 1.
static void sgd_is_that_of_pytorch(void **state)
{
    (void)state;
    plugin p;
    assert_ok(plugin_find(PLUGIN_OPTIMIZER, "sgd", "here", &p));
    struct {
        double momentum, weight_decay;
    } settings = {0.5, 0.1};
    assert_int_equal(p.config_size, sizeof settings);
    float w = 1, gradient = 1, momentum = 0;
    const optimizer_segment segment = {0, 1, false};
    optimizer_step s = {&w, &gradient, {&momentum, NULL}, &segment, 1, 0.2, 0};
    // v: 1.1, 0.55 + 1.078, 0.814 + 1.04544;  w: 0.78, 0.4544, 0.082512
    const double expected[] = {0.78, 0.4544, 0.082512};
    for (int i = 0; i < 3; i++) {
        ((const optimizer_type *)p.type)->update(&settings, &s);
        assert_true(fabs((double)w - expected[i]) < 1e-6);
    }
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
        cmocka_unit_test(sgd_is_that_of_pytorch),
        cmocka_unit_test(unknown_optimizer_names_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
