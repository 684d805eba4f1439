// Parameters by name: any number of graphs share them, in any order, and a slow list follows a fast
// one.
#include "tests/check.h"
#include "tests/models/random_floats.h"

#include "models/graph/graph.h"

#include <stdlib.h>
#include <string.h>

static const shape rows = {4, 6, 1, 1};

static int tower(graph *g, int x)
{
    x = graph_chain(g, "linear", "a", x, "{features: 5}");
    x = graph_chain(g, "batch_norm", "n", x, "{}");
    return graph_chain(g, "linear", "b", x, "{features: 3}");
}

static graph *open_graph(parameters *shared, int *x)
{
    graph *g;
    assert_ok(graph_create(&g, true));
    if (shared != NULL) graph_share(g, shared);
    *x = graph_input(g, "x", rows, false);
    return g;
}

typedef struct arrays {
    float *params, *statistics, *gradient, *measured;
} arrays;

static arrays make_arrays(const graph *g)
{
    size_t params = graph_param_count(g), statistics = graph_statistic_count(g);
    arrays a = {random_floats(params, 1), random_floats(statistics, 2),
                calloc(params, sizeof(float)), calloc(statistics, sizeof(float))};
    assert_true(a.gradient != NULL && a.measured != NULL);
    return a;
}

static void free_arrays(arrays *a)
{
    free(a->params), free(a->statistics), free(a->gradient), free(a->measured);
}

static void run(graph *g, int x, int out, const float *data, arrays *a)
{
    graph_bind(g, a->params, a->statistics);
    graph_prepare(g);
    graph_set_input(g, x, data);
    graph_forward(g, true, out, a->measured);
    graph_backward(g, out, 1.0f, a->gradient);
}

// A graph that begins with what another ends with gives what it gives with a list of its own.
static void graphs_share_by_name_not_by_place(void **state)
{
    (void)state;
    parameters *shared;
    assert_ok(parameters_create(&shared));
    int x[3], out[3];
    graph *g[3] = {open_graph(shared, &x[0]), open_graph(shared, &x[1]), open_graph(NULL, &x[2])};
    out[0] = graph_chain(g[0], "linear", "b0", x[0], "{features: 2}");
    graph_keep(g[0], out[0]);
    for (int i = 1; i < 3; i++)
        graph_keep(g[i], out[i] = tower(g[i], x[i]));
    for (int i = 0; i < 3; i++)
        assert_ok(graph_plan(g[i]));
    assert_int_equal(graph_param_count(g[0]), graph_param_count(g[1]));
    assert_int_equal(graph_param_count(g[1]), graph_param_count(g[2]) + 2 * 6 + 2);
    assert_int_equal(graph_param_at(g[1], 0)->offset, 0);
    assert_string_equal(graph_param_at(g[1], 0)->name, "b0.weight");
    arrays all = make_arrays(g[0]), own = make_arrays(g[2]);
    parameters_follow(&graph_parameters(g[2])->learned, own.params, &shared->learned, all.params,
                      0);
    parameters_follow(&graph_parameters(g[2])->statistics, own.statistics, &shared->statistics,
                      all.statistics, 0);
    float *data = random_floats(shape_count(rows), 3);
    run(g[1], x[1], out[1], data, &all), run(g[2], x[2], out[2], data, &own);
    assert_memory_equal(graph_value(g[1], out[1]), graph_value(g[2], out[2]), 12 * sizeof *data);
    const graph_param *p;
    for (int i = 0; (p = graph_param_at(g[2], i)) != NULL; i++)
        assert_memory_equal(own.gradient + p->offset,
                            all.gradient + parameters_find(&shared->learned, p->name)->offset,
                            p->count * sizeof(float));
    assert_memory_equal(own.measured, all.measured, graph_statistic_count(g[2]) * sizeof(float));
    // What only the other graph has gets no gradient.
    for (size_t i = 0; i < 2 * 6 + 2; i++)
        assert_true(all.gradient[i] == 0.0f);
    free(data), free_arrays(&all), free_arrays(&own);
    for (int i = 0; i < 3; i++)
        graph_destroy(g[i]);
    parameters_destroy(shared);
}

static void two_graphs_of_one_list_are_one_run_twice(void **state)
{
    (void)state;
    parameters *shared;
    assert_ok(parameters_create(&shared));
    int x[2], out[2];
    graph *g[2] = {open_graph(shared, &x[0]), open_graph(shared, &x[1])};
    for (int i = 0; i < 2; i++) {
        graph_keep(g[i], out[i] = tower(g[i], x[i]));
        assert_ok(graph_plan(g[i]));
    }
    arrays twice = make_arrays(g[0]), both = make_arrays(g[0]);
    float *views[2] = {random_floats(shape_count(rows), 3), random_floats(shape_count(rows), 4)};
    for (int v = 0; v < 2; v++) {
        run(g[0], x[0], out[0], views[v], &twice);
        run(g[v], x[v], out[v], views[v], &both);
    }
    assert_memory_equal(twice.gradient, both.gradient, graph_param_count(g[0]) * sizeof(float));
    free(views[0]), free(views[1]), free_arrays(&twice), free_arrays(&both);
    graph_destroy(g[0]), graph_destroy(g[1]);
    parameters_destroy(shared);
}

static void a_slow_list_follows_by_name(void **state)
{
    (void)state;
    const op_param a = {"w", 2, {2, 3}, INIT_UNIFORM, 1, false},
                   b = {"w", 1, {4}, INIT_NORMAL, 1, true};
    param_list slow = {0}, fast = {0};
    int first;
    assert_ok(parameters_declare(&slow, "b", &b, NULL, 1, &first));
    assert_ok(parameters_declare(&fast, "other", &a, NULL, 1, &first));
    assert_ok(parameters_declare(&fast, "b", &b, NULL, 1, &first));
    float old[4] = {1, 2, 3, 4}, values[10];
    for (int i = 0; i < 10; i++)
        values[i] = (float)i;
    parameters_follow(&slow, old, &fast, values, 0.75f);
    for (int i = 0; i < 4; i++)
        assert_true(old[i] == 0.75f * (float)(i + 1) + 0.25f * (float)(6 + i));
    // Another shape under the same name is refused, and says which node.
    assert_int_equal(parameters_declare(&fast, "b", &a, NULL, 1, &first), ST_INTERNAL);
    assert_non_null(strstr(status_message(), "'b'"));
    status_clear();
    free(slow.items), free(fast.items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graphs_share_by_name_not_by_place),
        cmocka_unit_test(two_graphs_of_one_list_are_one_run_twice),
        cmocka_unit_test(a_slow_list_follows_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
