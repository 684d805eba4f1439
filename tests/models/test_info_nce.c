// Masked negatives of InfoNCE count for nothing: as if they were not there.
#include "tests/check.h"

#include "models/graph/graph.h"

#include <math.h>

enum { QUERIES = 3, DIM = 4, NEGATIVES = 5, KEPT = 3 };

static void fill(float *x, size_t count, double phase)
{
    for (size_t i = 0; i < count; i++)
        x[i] = (float)sin(phase + 1.7 * (double)i);
}

// Energies and the queries' gradient with the first `count` of the negatives; added may be NULL.
static void run(int count, const float *negatives, const float *added, float *energies,
                float *gradient)
{
    float q[QUERIES * DIM], k[QUERIES * DIM];
    fill(q, sizeof q / sizeof *q, 0.3);
    fill(k, sizeof k / sizeof *k, 2.1);
    graph *g;
    assert_ok(graph_create(&g, true));
    int inputs[4];
    inputs[0] = graph_input(g, "queries", (shape){QUERIES, DIM, 1, 1}, true);
    inputs[1] = graph_input(g, "keys", (shape){QUERIES, DIM, 1, 1}, false);
    inputs[2] = graph_input(g, "negatives", (shape){count, DIM, 1, 1}, false);
    if (added != NULL) inputs[3] = graph_input(g, "added", (shape){QUERIES, count, 1, 1}, false);
    int energy =
        graph_add(g, "info_nce", "energy", inputs, added != NULL ? 4 : 3, "{temperature: 0.5}");
    graph_keep(g, energy);
    assert_ok(graph_plan(g));
    graph_bind(g, NULL, NULL);
    graph_prepare(g);
    graph_set_input(g, inputs[0], q);
    graph_set_input(g, inputs[1], k);
    graph_set_input(g, inputs[2], negatives);
    if (added != NULL) graph_set_input(g, inputs[3], added);
    graph_forward(g, true, energy, NULL);
    memcpy(energies, graph_value(g, energy), QUERIES * sizeof(float));
    graph_backward(g, energy, 1.0f, NULL);
    memcpy(gradient, graph_gradient(g, inputs[0]), sizeof(float) * QUERIES * DIM);
    graph_destroy(g);
}

static void a_masked_negative_is_as_if_absent(void **state)
{
    (void)state;
    float negatives[NEGATIVES * DIM], added[QUERIES * NEGATIVES] = {0};
    fill(negatives, sizeof negatives / sizeof *negatives, 4.2);
    for (int i = 0; i < QUERIES; i++)
        for (int j = KEPT; j < NEGATIVES; j++)
            added[i * NEGATIVES + j] = -INFINITY;
    float energies[2][QUERIES], gradients[2][QUERIES * DIM];
    run(NEGATIVES, negatives, added, energies[0], gradients[0]);
    run(KEPT, negatives, NULL, energies[1], gradients[1]);
    for (int i = 0; i < QUERIES; i++)
        assert_true(fabsf(energies[0][i] - energies[1][i]) < 1e-6f);
    for (int i = 0; i < QUERIES * DIM; i++)
        assert_true(fabsf(gradients[0][i] - gradients[1][i]) < 1e-6f);
}

static void all_masked_leaves_nothing_to_learn(void **state)
{
    (void)state;
    float negatives[NEGATIVES * DIM], added[QUERIES * NEGATIVES], energies[QUERIES];
    float gradient[QUERIES * DIM];
    fill(negatives, sizeof negatives / sizeof *negatives, 4.2);
    for (int i = 0; i < QUERIES * NEGATIVES; i++)
        added[i] = -INFINITY;
    run(NEGATIVES, negatives, added, energies, gradient);
    for (int i = 0; i < QUERIES; i++)
        assert_true(energies[i] == 0);
    for (int i = 0; i < QUERIES * DIM; i++)
        assert_true(gradient[i] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_masked_negative_is_as_if_absent),
        cmocka_unit_test(all_masked_leaves_nothing_to_learn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
