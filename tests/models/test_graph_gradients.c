// What a backward pass may be asked: gradients of inputs alone, a seed for each row, nothing behind
// a detach, a tensor that many read, and towers that share all they have by name.
#include "tests/check.h"
#include "tests/models/random_floats.h"

#include "models/graph/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const shape images = {4, 3, 6, 6};
enum { IMAGE = 3 * 6 * 6, ROWS = 4, FEATURES = 2 };

// A graph with its weights, ready to run.
typedef struct machine {
    graph *g;
    int x, energy;
    float *params, *dparams, *statistics, *batch_statistics, *data;
} machine;

// conv, batch norm with ReLU, pooled, linear.
static int tower(graph *g, int x)
{
    x = graph_chain(g, "conv2d", "conv", x, "{channels: 8, kernel: 3, pad: 1}");
    x = graph_chain(g, "batch_norm", "bn", x, "{activation: relu}");
    x = graph_chain(g, "global_pool", "pool", x, "{}");
    return graph_chain(g, "linear", "fc", x, "{features: %d}", FEATURES);
}

static void start(machine *m, int energy)
{
    m->energy = energy;
    graph_keep(m->g, energy);
    assert_ok(graph_plan(m->g));
    size_t params = graph_param_count(m->g), statistics = graph_statistic_count(m->g);
    m->params = random_floats(params, 1);
    m->statistics = random_floats(statistics, 2);
    m->dparams = calloc(params + 1, sizeof(float));
    m->batch_statistics = calloc(statistics + 1, sizeof(float));
    m->data = random_floats(shape_count(images), 3);
    assert_true(m->dparams != NULL && m->batch_statistics != NULL);
    graph_bind(m->g, m->params, m->statistics);
    graph_prepare(m->g);
    graph_set_input(m->g, m->x, m->data);
}

static void stop(machine *m)
{
    graph_destroy(m->g);
    free(m->params), free(m->dparams), free(m->statistics), free(m->batch_statistics);
    free(m->data);
}

static void start_tower(machine *m, size_t portions)
{
    *m = (machine){0};
    assert_ok(graph_create(&m->g, true));
    graph_set_portions(m->g, portions);
    m->x = graph_input(m->g, "x", images, true);
    start(m, tower(m->g, m->x));
}

static float *gradient_of(const machine *m)
{
    float *copy = calloc(shape_count(images), sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, graph_gradient(m->g, m->x), shape_count(images) * sizeof *copy);
    return copy;
}

static void inputs_alone_have_the_same_gradients(void **state)
{
    (void)state;
    for (size_t portions = 0; portions <= 4096; portions += 4096) {
        machine m;
        start_tower(&m, portions);
        graph_forward(m.g, true, m.energy, NULL);
        graph_backward(m.g, m.energy, 1.0f, m.dparams);
        float *both = gradient_of(&m);
        graph_forward(m.g, true, m.energy, NULL);
        graph_backward(m.g, m.energy, 1.0f, NULL);
        assert_memory_equal(both, graph_gradient(m.g, m.x), shape_count(images) * sizeof *both);
        free(both);
        stop(&m);
    }
}

// What no input lies behind is not run: its layer's gradient is as before.
static void layers_before_every_input_are_left_out(void **state)
{
    (void)state;
    machine m = {0};
    assert_ok(graph_create(&m.g, true));
    int side = graph_input(m.g, "side", images, false);
    m.x = graph_input(m.g, "x", images, true);
    int a = graph_chain(m.g, "conv2d", "side.conv", side, "{channels: 3, kernel: 3, pad: 1}");
    a = graph_chain(m.g, "batch_norm", "side.bn", a, "{}");
    a = graph_chain(m.g, "reorder", "side.plain", a, "{block: 1}");
    start(&m, graph_add(m.g, "add", "sum", (int[]){m.x, a}, 2, "{}"));
    graph_set_input(m.g, side, m.data);
    graph_forward(m.g, true, m.energy, NULL);
    graph_backward(m.g, m.energy, 2.0f, NULL);
    for (size_t i = 0; i < shape_count(images); i++)
        assert_true(graph_gradient(m.g, m.x)[i] == 2.0f);
    stop(&m);
}

// The gradient of sum_n s_n E_n is that of each row's seed; in evaluation rows do not meet.
static void rows_have_seeds_of_their_own(void **state)
{
    (void)state;
    machine m = {0};
    assert_ok(graph_create(&m.g, true));
    m.x = graph_input(m.g, "x", images, true);
    int pooled = graph_chain(m.g, "global_pool", "pool", m.x, "{}");
    start(&m, graph_chain(m.g, "linear", "fc", pooled, "{features: %d}", FEATURES));
    graph_forward(m.g, true, m.energy, NULL);
    graph_backward(m.g, m.energy, 1.0f, NULL);
    float *once = gradient_of(&m);
    const float seeds[ROWS] = {1.0f, 0.0f, -2.0f, 0.5f};
    const float *all[] = {seeds};
    graph_backward_rows(m.g, m.energy, all, NULL);
    for (size_t i = 0; i < shape_count(images); i++)
        assert_true(fabsf(graph_gradient(m.g, m.x)[i] - seeds[i / IMAGE] * once[i]) <=
                    1e-6f * fabsf(once[i]));
    free(once);
    stop(&m);
}

// x + detach(x): values twice x, the gradient of one.
static void nothing_flows_back_through_a_detach(void **state)
{
    (void)state;
    machine m = {0};
    assert_ok(graph_create(&m.g, true));
    m.x = graph_input(m.g, "x", images, true);
    int grown = graph_chain(m.g, "relu", "a", m.x, "{}");
    int still = graph_chain(m.g, "detach", "b", grown, "{}");
    int behind = graph_chain(m.g, "linear", "behind", still, "{features: 3}");
    start(&m, graph_add(m.g, "add", "sum", (int[]){grown, still}, 2, "{}"));
    graph_forward(m.g, true, m.energy, NULL);
    graph_backward(m.g, m.energy, 1.0f, m.dparams);
    for (size_t i = 0; i < shape_count(images); i++) {
        float x = m.data[i] > 0 ? m.data[i] : 0;
        assert_true(graph_value(m.g, m.energy)[i] == 2 * x);
        assert_true(graph_gradient(m.g, m.x)[i] == (m.data[i] > 0 ? 1.0f : 0.0f));
    }
    assert_true(behind > 0);
    stop(&m);
}

// Behind a detach layers learn all the same; before it nothing has a gradient.
static void layers_behind_a_detach_learn(void **state)
{
    (void)state;
    machine m = {0};
    assert_ok(graph_create(&m.g, true));
    m.x = graph_input(m.g, "x", images, true);
    int before = graph_chain(m.g, "conv2d", "before", m.x, "{channels: 3, kernel: 3, pad: 1}");
    int still = graph_chain(m.g, "detach", "still", before, "{}");
    start(&m, graph_chain(m.g, "conv2d", "behind", still, "{channels: 3, kernel: 1}"));
    graph_forward(m.g, true, m.energy, NULL);
    graph_backward(m.g, m.energy, 1.0f, m.dparams);
    const graph_param *first = graph_param_at(m.g, 0), *second = graph_param_at(m.g, 1);
    for (size_t i = 0; i < first->count; i++)
        assert_true(m.dparams[first->offset + i] == 0.0f);
    assert_true(m.dparams[second->offset] != 0.0f);
    for (size_t i = 0; i < shape_count(images); i++)
        assert_true(graph_gradient(m.g, m.x)[i] == 0.0f);
    stop(&m);
}

static void any_number_may_read_a_tensor(void **state)
{
    (void)state;
    enum { READERS = 40 };
    machine m = {0};
    assert_ok(graph_create(&m.g, true));
    m.x = graph_input(m.g, "x", images, true);
    int sum = m.x;
    for (int i = 0; i < READERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "sum%d", i);
        int term = graph_chain(m.g, "relu", name, m.x, "{}");
        sum = graph_add(m.g, "add", name, (int[]){sum, term}, 2, "{}");
    }
    start(&m, sum);
    graph_forward(m.g, true, m.energy, NULL);
    graph_backward(m.g, m.energy, 1.0f, m.dparams);
    for (size_t i = 0; i < shape_count(images); i++)
        assert_true(graph_gradient(m.g, m.x)[i] == (m.data[i] > 0 ? READERS + 1.0f : 1.0f));
    stop(&m);
}

// Two towers in one graph are one tower run twice: gradients add up, batch statistics are the mean.
static void towers_of_one_name_are_one_tower_run_twice(void **state)
{
    (void)state;
    machine one, two = {0};
    start_tower(&one, 0);
    assert_ok(graph_create(&two.g, true));
    graph_set_portions(two.g, 0);
    two.x = graph_input(two.g, "x", images, true);
    int y = graph_input(two.g, "y", images, true);
    int a = tower(two.g, two.x), b = tower(two.g, y);
    start(&two, graph_add(two.g, "add", "sum", (int[]){a, b}, 2, "{}"));
    size_t params = graph_param_count(one.g), statistics = graph_statistic_count(one.g);
    assert_int_equal(graph_param_count(two.g), params);
    assert_int_equal(graph_statistic_count(two.g), statistics);
    float *other = random_floats(shape_count(images), 4);
    float *mean = calloc(statistics, sizeof *mean);
    assert_non_null(mean);
    for (int view = 0; view < 2; view++) {
        graph_set_input(one.g, one.x, view == 0 ? one.data : other);
        graph_forward(one.g, true, one.energy, one.batch_statistics);
        graph_backward(one.g, one.energy, 1.0f, one.dparams);
        for (size_t i = 0; i < statistics; i++)
            mean[i] += 0.5f * one.batch_statistics[i];
    }
    graph_set_input(two.g, y, other);
    graph_forward(two.g, true, two.energy, two.batch_statistics);
    graph_backward(two.g, two.energy, 1.0f, two.dparams);
    for (size_t i = 0; i < params; i++)
        assert_true(fabsf(one.dparams[i] - two.dparams[i]) <=
                    1e-4f + 1e-4f * fabsf(one.dparams[i]));
    for (size_t i = 0; i < statistics; i++)
        assert_true(fabsf(mean[i] - two.batch_statistics[i]) <= 1e-5f + 1e-5f * fabsf(mean[i]));
    assert_memory_equal(graph_gradient(one.g, one.x), graph_gradient(two.g, y),
                        shape_count(images) * sizeof(float));
    free(other), free(mean);
    stop(&one), stop(&two);
}

static void a_name_is_of_one_kind_of_layer(void **state)
{
    (void)state;
    graph *g;
    assert_ok(graph_create(&g, true));
    int x = graph_input(g, "x", images, false);
    int y = graph_chain(g, "batch_norm", "bn", x, "{}");
    y = graph_chain(g, "conv2d", "conv", y, "{channels: 5, kernel: 1}");
    assert_int_equal(graph_chain(g, "batch_norm", "bn", y, "{}"), -1);
    assert_non_null(strstr(status_message(), "bn"));
    graph_destroy(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_alone_have_the_same_gradients),
        cmocka_unit_test(layers_before_every_input_are_left_out),
        cmocka_unit_test(rows_have_seeds_of_their_own),
        cmocka_unit_test(nothing_flows_back_through_a_detach),
        cmocka_unit_test(layers_behind_a_detach_learn),
        cmocka_unit_test(any_number_may_read_a_tensor),
        cmocka_unit_test(towers_of_one_name_are_one_tower_run_twice),
        cmocka_unit_test(a_name_is_of_one_kind_of_layer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
