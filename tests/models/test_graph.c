// The static graph: memory that is shared never changes a result, gradients of shared tensors,
// parts that no gradient is asked of, errors of building.
#include "tests/check.h"
#include "tests/models/random_floats.h"

#include "base/rng.h"
#include "models/graph/graph.h"
#include "tests/allocations.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const shape small = {3, 4, 3, 3};

// A graph with its weights, ready to run.
typedef struct machine {
    graph *g;
    float *params, *dparams, *statistics, *batch_statistics;
} machine;

static void start(machine *m)
{
    assert_ok(graph_plan(m->g));
    size_t params = graph_param_count(m->g), statistics = graph_statistic_count(m->g);
    m->params = random_floats(params, 1);
    m->statistics = random_floats(statistics, 2);
    m->dparams = calloc(params + 1, sizeof(float));
    m->batch_statistics = calloc(statistics + 1, sizeof(float));
    assert_true(m->dparams != NULL && m->batch_statistics != NULL);
    graph_bind(m->g, m->params, m->statistics);
    graph_prepare(m->g);
}

static void stop(machine *m)
{
    graph_destroy(m->g);
    free(m->params), free(m->dparams), free(m->statistics), free(m->batch_statistics);
}

enum { LENGTH = 24 };

// A random graph of LENGTH operations on tensors of one shape, in which each reads tensors made
// just before or long ago. Tensors 0 and 1 are inputs, of
// which only 0 wants a gradient. Returns the last tensor.
static int build_random(graph *g, uint64_t seed, bool keep_all)
{
    rng r = rng_open(seed, RNG_TEST, 7, 0, 0);
    int tensors[LENGTH + 2] = {graph_input(g, "a", small, true), graph_input(g, "b", small, false)};
    int count = 2, reads[LENGTH + 2] = {0};
    while (count < LENGTH + 2) {
        int far = (int)rng_below(&r, (uint32_t)count);
        int first = rng_below(&r, 3) > 0 ? count - 1 : far;
        int second = (int)rng_below(&r, (uint32_t)count);
        if (reads[first] >= 6) first = count - 1;
        if (reads[second] >= 6 || second == first) second = (first + 1) % count;
        int pair[2] = {tensors[first], tensors[second]};
        char name[16];
        snprintf(name, sizeof name, "node%d", count);
        int made = -1;
        switch (rng_below(&r, 4)) {
        case 0:
            made = graph_chain(g, "relu", name, pair[0], "{}");
            break;
        case 1:
            made = graph_add(g, "add", name, pair, 2, "{}");
            reads[second]++;
            break;
        case 2:
            made = graph_chain(g, "batch_norm", name, pair[0], "{activation: relu}");
            break;
        default:
            made = graph_add(g, "batch_norm", name, pair, 2, "{}");
            reads[second]++;
        }
        reads[first]++;
        assert_true(made >= 0);
        if (keep_all) graph_keep(g, made);
        tensors[count++] = made;
    }
    graph_keep(g, tensors[count - 1]);
    return tensors[count - 1];
}

static void assert_same_bits(const float *a, const float *b, size_t count)
{
    assert_memory_equal(a, b, count * sizeof *a);
}

// Backward from the middle of the graph, whose other half has not run.
static void run_half(machine *m)
{
    const int middle = 2 + LENGTH / 2;
    memset(m->dparams, 0, graph_param_count(m->g) * sizeof *m->dparams);
    graph_forward(m->g, true, middle, NULL);
    graph_backward(m->g, middle, 0.5f, m->dparams);
}

static void compare_halves(machine *kept, machine *shared)
{
    run_half(kept);
    run_half(shared);
    assert_same_bits(graph_gradient(kept->g, 0), graph_gradient(shared->g, 0), shape_count(small));
    assert_same_bits(kept->dparams, shared->dparams, graph_param_count(kept->g));
}

// Forward and backward of one random graph, with every value kept and with memory shared, where
// outputs are also remade.
static void compare_random(uint64_t seed, const float *a, const float *b)
{
    machine machines[2] = {{0}};
    int last = -1;
    for (int keep_all = 0; keep_all < 2; keep_all++) {
        machine *m = &machines[keep_all];
        assert_ok(graph_create(&m->g, true));
        last = build_random(m->g, seed, keep_all);
        start(m);
        graph_set_input(m->g, 0, a);
        graph_set_input(m->g, 1, b);
        for (int pass = 0; pass < 2; pass++) {
            graph_forward(m->g, true, last, m->batch_statistics);
            graph_backward(m->g, last, 0.5f, m->dparams);
        }
    }
    graph *g = machines[0].g;
    size_t count = shape_count(small);
    assert_true(graph_bytes(g) < graph_bytes(machines[1].g));
    assert_same_bits(graph_gradient(g, 0), graph_gradient(machines[1].g, 0), count);
    assert_same_bits(machines[0].dparams, machines[1].dparams, graph_param_count(g));
    assert_same_bits(machines[0].batch_statistics, machines[1].batch_statistics,
                     graph_statistic_count(g));
    compare_halves(&machines[1], &machines[0]);
    // Values last, and by a pass without backward after them: it must not need what backward left.
    for (int i = 0; i < 2; i++)
        graph_forward(machines[i].g, true, last, NULL);
    assert_same_bits(graph_value(g, last), graph_value(machines[1].g, last), count);
    machine lean = {0};
    assert_ok(graph_create(&lean.g, false));
    last = build_random(lean.g, seed, false);
    start(&lean);
    graph_set_input(lean.g, 0, a);
    graph_set_input(lean.g, 1, b);
    graph_forward(lean.g, true, last, NULL);
    assert_true(graph_bytes(lean.g) < graph_bytes(g));
    assert_same_bits(graph_value(g, last), graph_value(lean.g, last), count);
    stop(&lean), stop(&machines[0]), stop(&machines[1]);
}

static void shared_memory_changes_no_bit(void **state)
{
    (void)state;
    float *a = random_floats(shape_count(small), 10), *b = random_floats(shape_count(small), 11);
    for (uint64_t seed = 0; seed < 60; seed++)
        compare_random(seed, a, b);
    free(a), free(b);
}

static double sum_of_outputs(machine *m, int last)
{
    graph_forward(m->g, true, last, NULL);
    double sum = 0;
    for (size_t i = 0; i < shape_count(small); i++)
        sum += (double)graph_value(m->g, last)[i];
    return sum;
}

// Gradients of random graphs against differences. A graph in which a ReLU's kink lies between the
// two points disagrees, so most of the graphs must agree, not all.
static void gradients_of_random_graphs_match_differences(void **state)
{
    (void)state;
    size_t count = shape_count(small);
    float *a = random_floats(count, 10), *b = random_floats(count, 11),
          *v = random_floats(count, 12);
    float *moved = calloc(count, sizeof *moved);
    assert_non_null(moved);
    int agree = 0;
    enum { GRAPHS = 40 };
    for (uint64_t seed = 0; seed < GRAPHS; seed++) {
        machine m = {0};
        assert_ok(graph_create(&m.g, true));
        int last = build_random(m.g, seed, false);
        start(&m);
        graph_set_input(m.g, 0, a);
        graph_set_input(m.g, 1, b);
        graph_forward(m.g, true, last, NULL);
        graph_backward(m.g, last, 1.0f, m.dparams);
        double expected = 0, squares = 0, numeric = 0;
        const double h = 1e-3;
        for (size_t i = 0; i < count; i++) {
            double gradient = (double)graph_gradient(m.g, 0)[i];
            expected += gradient * (double)v[i];
            squares += gradient * gradient;
        }
        graph_set_input(m.g, 0, moved);
        for (int sign = -1; sign < 2; sign += 2) {
            for (size_t i = 0; i < count; i++)
                moved[i] = a[i] + (float)(sign * h) * v[i];
            numeric += sign * sum_of_outputs(&m, last) / (2 * h);
        }
        agree += fabs(numeric - expected) < 0.02 * sqrt(squares) + 0.02;
        stop(&m);
    }
    free(a), free(b), free(v), free(moved);
    assert_true(agree >= GRAPHS * 3 / 4);
}

// x -> a = relu x -> b = relu a; c = a + b; d = c + a: three ways from a.
static void gradients_of_a_shared_tensor_add_up(void **state)
{
    (void)state;
    machine m = {0};
    assert_ok(graph_create(&m.g, true));
    int x = graph_input(m.g, "x", small, true);
    int a = graph_chain(m.g, "relu", "a", x, "{}");
    int b = graph_chain(m.g, "relu", "b", a, "{}");
    int c = graph_add(m.g, "add", "c", (int[]){a, b}, 2, "{}");
    int d = graph_add(m.g, "add", "d", (int[]){c, a}, 2, "{}");
    graph_keep(m.g, c);
    graph_keep(m.g, d);
    start(&m);
    float *data = random_floats(shape_count(small), 3);
    graph_set_input(m.g, x, data);
    graph_forward(m.g, true, d, NULL);
    graph_backward(m.g, d, 2.0f, m.dparams);
    for (size_t i = 0; i < shape_count(small); i++)
        assert_true(graph_gradient(m.g, x)[i] == (data[i] > 0 ? 6.0f : 0.0f));
    // From the middle: d has no part in it.
    graph_forward(m.g, true, c, NULL);
    graph_backward(m.g, c, 2.0f, m.dparams);
    for (size_t i = 0; i < shape_count(small); i++)
        assert_true(graph_gradient(m.g, x)[i] == (data[i] > 0 ? 4.0f : 0.0f));
    free(data);
    stop(&m);
}

// y = W (W x): both layers' gradients add up in the one weight.
static void nodes_of_one_name_share_their_parameters(void **state)
{
    (void)state;
    machine m = {0};
    assert_ok(graph_create(&m.g, true));
    int x = graph_input(m.g, "x", (shape){2, 3, 1, 1}, false);
    int first = graph_chain(m.g, "linear", "layer", x, "{features: 3}");
    graph_keep(m.g, first);
    int y = graph_chain(m.g, "linear", "layer", first, "{features: 3}");
    graph_keep(m.g, y);
    start(&m);
    assert_int_equal(graph_param_count(m.g), 12);
    float *input = random_floats(6, 3);
    graph_set_input(m.g, x, input);
    graph_forward(m.g, true, first, NULL);
    graph_forward_from(m.g, true, first, y, NULL);
    graph_backward(m.g, y, 1, m.dparams);
    for (int i = 0; i < 12; i++) {
        double sum[2] = {0};
        for (int side = 0; side < 2; side++) {
            float kept = m.params[i];
            m.params[i] = kept + (side ? 1e-2f : -1e-2f);
            graph_prepare(m.g);
            graph_forward(m.g, true, y, NULL);
            for (int k = 0; k < 6; k++)
                sum[side] += (double)graph_value(m.g, y)[k];
            m.params[i] = kept;
        }
        assert_true(fabs((sum[1] - sum[0]) / 2e-2 - (double)m.dparams[i]) < 1e-3);
    }
    free(input);
    stop(&m);
}

static void inputs_come_in_one_layout(void **state)
{
    (void)state;
    const shape wide = {2, 16, 3, 3};
    machine m = {0};
    assert_ok(graph_create(&m.g, true));
    int x = graph_input(m.g, "x", wide, true);
    int blocked = graph_chain(m.g, "reorder", "blocked", x, "{block: 16}");
    int sum = graph_add(m.g, "add", "sum", (int[]){blocked, x}, 2, "{}");
    int out = graph_chain(m.g, "reorder", "plain", sum, "{block: 1}");
    graph_keep(m.g, out);
    start(&m);
    float *data = random_floats(shape_count(wide), 3);
    graph_set_input(m.g, x, data);
    graph_forward(m.g, true, out, NULL);
    graph_backward(m.g, out, 1.0f, m.dparams);
    for (size_t i = 0; i < shape_count(wide); i++) {
        assert_true(graph_value(m.g, out)[i] == 2 * data[i]);
        assert_true(graph_gradient(m.g, x)[i] == 2.0f);
    }
    free(data);
    stop(&m);
}

static void a_side_branch_gets_no_gradient(void **state)
{
    (void)state;
    machine m = {0};
    assert_ok(graph_create(&m.g, true));
    int x = graph_input(m.g, "x", small, true), y = graph_input(m.g, "y", small, true);
    int side = graph_chain(m.g, "batch_norm", "side", x, "{}");
    graph_add(m.g, "add", "end_of_side", (int[]){side, y}, 2, "{}");
    int out = graph_chain(m.g, "relu", "out", x, "{}");
    graph_keep(m.g, out);
    start(&m);
    float *data = random_floats(shape_count(small), 3);
    graph_set_input(m.g, x, data);
    graph_set_input(m.g, y, data);
    for (int pass = 0; pass < 2; pass++) {
        graph_forward(m.g, true, out, NULL);
        graph_backward(m.g, out, 1.0f, m.dparams);
        for (size_t i = 0; i < shape_count(small); i++) {
            assert_true(graph_gradient(m.g, x)[i] == (data[i] > 0 ? 1.0f : 0.0f));
            assert_true(graph_gradient(m.g, y)[i] == 0.0f);
        }
        for (size_t i = 0; i < graph_param_count(m.g); i++)
            assert_true(m.dparams[i] == 0.0f);
    }
    free(data);
    stop(&m);
}

// The last node has none behind it, wherever the list of nodes ends.
static void graphs_of_any_length_run(void **state)
{
    (void)state;
    for (int length = 1; length <= 65; length += length < 34 || length > 62 ? 1 : 7) {
        machine m = {0};
        assert_ok(graph_create(&m.g, true));
        int x = graph_input(m.g, "x", (shape){4, 8, 3, 3}, true);
        for (int i = 0; i < length; i++) {
            char name[16];
            snprintf(name, sizeof name, "node%d", i);
            x = i % 2 == 0 ? graph_chain(m.g, "batch_norm", name, x, "{activation: relu}")
                           : graph_chain(m.g, "conv2d", name, x, "{channels: 8, kernel: 1}");
        }
        graph_keep(m.g, x);
        start(&m);
        float *data = random_floats(4 * 8 * 9, 3);
        graph_set_input(m.g, 0, data);
        graph_forward(m.g, true, x, m.batch_statistics);
        graph_backward(m.g, x, 1.0f, m.dparams);
        assert_true(isfinite(graph_value(m.g, x)[0]));
        free(data);
        stop(&m);
    }
}

static size_t chain_bytes(bool backward)
{
    graph *g;
    assert_ok(graph_create(&g, backward));
    int x = graph_input(g, "x", (shape){4, 16, 8, 8}, backward);
    for (int i = 0; i < 12; i++)
        x = graph_chain(g, "relu", "link", x, "{}");
    graph_keep(g, x);
    assert_ok(graph_plan(g));
    size_t bytes = graph_bytes(g);
    graph_destroy(g);
    return bytes;
}

static void memory_is_what_the_lives_need(void **state)
{
    (void)state;
    const size_t one = (size_t)4 * 16 * 8 * 8 * sizeof(float);
    assert_int_equal(chain_bytes(false), 2 * one);
    // All outputs are read by backward; of the gradients two are alive at a time, and the memory of
    // the outputs that backward has passed serves for them in turn, but for the kept one.
    assert_in_range(chain_bytes(true), 12 * one, 14 * one);
}

static size_t norm_chain_bytes(bool backward)
{
    graph *g;
    assert_ok(graph_create(&g, backward));
    int x = graph_input(g, "x", (shape){4, 16, 8, 8}, false);
    x = graph_chain(g, "relu", "first", x, "{}");
    for (int i = 0; i < 6; i++)
        x = graph_chain(g, "batch_norm", "norm", x, "{}");
    graph_keep(g, x);
    assert_ok(graph_plan(g));
    size_t bytes = graph_bytes(g);
    graph_destroy(g);
    return bytes;
}

static void operations_in_place_take_over_memory(void **state)
{
    (void)state;
    // Beside them each saves two numbers a channel, and carries sums for a while.
    const size_t one = (size_t)4 * 16 * 8 * 8 * sizeof(float), saved = (size_t)6 * 128,
                 carried = 16 * 320 + 128;
    assert_in_range(norm_chain_bytes(false), one, one + carried);
    // Of eight values and one gradient: in the middle of the backward pass the first value and the
    // last, which are kept, three that are remade from the first, and the gradient.
    assert_in_range(norm_chain_bytes(true), 6 * one, 6 * one + saved + carried);
}

static void nothing_is_allocated_in_a_step(void **state)
{
    (void)state;
    machine m = {0};
    assert_ok(graph_create(&m.g, true));
    int last = build_random(m.g, 1, false);
    start(&m);
    float *data = random_floats(shape_count(small), 3);
    int before = allocation_count();
    graph_prepare(m.g);
    graph_set_input(m.g, 0, data);
    graph_set_input(m.g, 1, data);
    graph_forward(m.g, true, last, m.batch_statistics);
    graph_backward(m.g, last, 1.0f, m.dparams);
    assert_int_equal(allocation_count(), before);
    free(data);
    stop(&m);
}

static void errors_stick_and_name_the_node(void **state)
{
    (void)state;
    graph *g;
    assert_ok(graph_create(&g, true));
    int x = graph_input(g, "x", small, false);
    int y = graph_input(g, "y", (shape){3, 4, 1, 1}, false);
    assert_int_equal(graph_add(g, "add", "layer1.0.sum", (int[]){x, y}, 2, "{}"), -1);
    assert_int_equal(graph_chain(g, "relu", "later", x, "{}"), -1);
    assert_int_equal(graph_input(g, "later", small, false), -1);
    assert_int_equal(graph_shape(g, -1).n, 0);
    graph_keep(g, -1);
    assert_fails(graph_plan(g), ST_CONFIG, "layer1.0.sum");
    graph_destroy(g);
}

static void assert_building_fails(const char *op, int inputs, const char *settings, status code,
                                  const char *text)
{
    graph *g;
    assert_ok(graph_create(&g, false));
    int x[3];
    for (int i = 0; i < 3; i++)
        x[i] = graph_input(g, "x", small, false);
    assert_int_equal(graph_add(g, op, "culprit", x, inputs, "%s", settings), -1);
    assert_fails(graph_plan(g), code, text);
    graph_destroy(g);
}

static void wrong_operations_and_configs_are_errors(void **state)
{
    (void)state;
    assert_building_fails("rule", 1, "{}", ST_INTERNAL, "culprit");
    assert_building_fails("relu", 2, "{}", ST_INTERNAL, "culprit");
    assert_building_fails("relu", 1, "{slope: 1}", ST_CONFIG, "slope");
    assert_building_fails("batch_norm", 1, "{activation: step}", ST_CONFIG, "culprit");
    assert_building_fails("batch_norm", 1, "{eps: small}", ST_CONFIG, "culprit");
}

static void initial_weights_depend_on_seed_and_index(void **state)
{
    (void)state;
    graph *g;
    assert_ok(graph_create(&g, true));
    int x = graph_input(g, "x", small, false);
    graph_chain(g, "batch_norm", "bn", x, "{}");
    assert_ok(graph_plan(g));
    assert_string_equal(graph_param_at(g, 0)->name, "bn.weight");
    assert_string_equal(graph_param_at(g, 1)->name, "bn.bias");
    assert_int_equal(graph_param_at(g, 1)->offset, 4);
    assert_null(graph_param_at(g, 2));
    assert_string_equal(graph_statistic_at(g, 1)->name, "bn.running_var");
    assert_null(graph_statistic_at(g, 2));
    float params[8], statistics[8];
    graph_initialise(g, 1, params, statistics);
    for (int i = 0; i < 8; i++) {
        assert_true(params[i] == (i < 4 ? 1.0f : 0.0f));
        assert_true(statistics[i] == (i < 4 ? 0.0f : 1.0f));
    }
    graph_destroy(g);
}

static void print_names_every_part(void **state)
{
    (void)state;
    graph *g;
    assert_ok(graph_create(&g, true));
    int x = graph_input(g, "images", small, false);
    graph_chain(g, "batch_norm", "layer1.0.bn1", x, "{}");
    assert_ok(graph_plan(g));
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    graph_print(g, out);
    assert_int_equal(fclose(out), 0);
    const char *const parts[] = {"images",        "layer1.0.bn1", "batch_norm",
                                 "3 x 4 x 3 x 3", "8 parameters", "8 running statistics"};
    for (int i = 0; i < 6; i++)
        assert_non_null(strstr(text, parts[i]));
    free(text);
    graph_destroy(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_memory_changes_no_bit),
        cmocka_unit_test(gradients_of_random_graphs_match_differences),
        cmocka_unit_test(gradients_of_a_shared_tensor_add_up),
        cmocka_unit_test(nodes_of_one_name_share_their_parameters),
        cmocka_unit_test(inputs_come_in_one_layout),
        cmocka_unit_test(a_side_branch_gets_no_gradient),
        cmocka_unit_test(graphs_of_any_length_run),
        cmocka_unit_test(memory_is_what_the_lives_need),
        cmocka_unit_test(operations_in_place_take_over_memory),
        cmocka_unit_test(nothing_is_allocated_in_a_step),
        cmocka_unit_test(errors_stick_and_name_the_node),
        cmocka_unit_test(wrong_operations_and_configs_are_errors),
        cmocka_unit_test(initial_weights_depend_on_seed_and_index),
        cmocka_unit_test(print_names_every_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
