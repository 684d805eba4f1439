// VICReg's and SIGReg's energies of one, two and four workers that meet, against PyTorch that has
// no workers: energy and gradient of the whole batch (tests/golden/spread.py).
#include "tests/models/golden.h"

#include "tests/models/local_team.h"

#include <stdlib.h>

#include "tests/golden/spread.h"

enum { VIEWS = 2, BATCH = 8, DIM = 5, DIRECTIONS = 6, FLOATS = VIEWS * BATCH * DIM };

// The energy behind the node `z`; directions: an input of the graph.
typedef int build_energy(graph *g, int z, int directions);

static int vicreg(graph *g, int z, int directions)
{
    (void)directions;
    int centred = graph_chain(g, "centre", "centre", z, "{views: 2}");
    return graph_chain(g, "variance_covariance", "e", centred, "{views: 2, std: 0.7, cov: 3}");
}

static int lejepa(graph *g, int z, int directions)
{
    return graph_add(g, "epps_pulley", "e", (int[]){z, directions}, 2, "{views: 2}");
}

static int eb_jepa(graph *g, int z, int directions)
{
    return graph_add(g, "epps_pulley", "e", (int[]){z, directions}, 2, "{views: 2, form: eb_jepa}");
}

static int invariance(graph *g, int z, int directions)
{
    (void)directions;
    return graph_chain(g, "view_distance", "e", z, "{views: 2}");
}

// Rows of worker w, views one behind the other, from or to those of the whole batch.
static void deal(float *own, float *all, int workers, int w, bool back)
{
    size_t rows = (size_t)(BATCH / workers) * DIM;
    for (size_t v = 0; v < VIEWS; v++) {
        float *a = own + v * rows, *b = all + v * BATCH * DIM + (size_t)w * rows;
        memcpy(back ? b : a, back ? a : b, rows * sizeof *a);
    }
}

static void compare(build_energy *build, int workers, double energy, const double *gradient)
{
    graph *g = NULL;
    int own_rows = VIEWS * BATCH / workers;
    team t = local_team(&workers);
    assert_ok(graph_create(&g, true));
    graph_join(g, &t);
    int z = graph_input(g, "z", (shape){own_rows, DIM, 1, 1}, true);
    int directions = graph_input(g, "directions", (shape){DIRECTIONS, DIM, 1, 1}, false);
    int e = build(g, z, directions);
    graph_keep(g, e);
    assert_ok(graph_plan(g));
    float *all = filled("z", FLOATS, 3.0), *a = filled("directions", DIRECTIONS * DIM, 2.0);
    float own[4][FLOATS], found[FLOATS], no_params[4] = {0};
    float *dparams[] = {no_params, no_params, no_params, no_params};
    for (int i = 0; i < FLOATS; i++)
        all[i] += 0.25f;
    int count = graph_meets(g) ? workers : 1; // without meetings one worker runs after the other
    double sum = 0;
    for (int first = 0; first < workers; first += count) {
        for (int i = 0; i < count; i++) {
            deal(own[i], all, workers, first + i, false);
            graph_select_worker(g, i);
            graph_set_input(g, z, own[i]);
            graph_set_input(g, directions, a);
        }
        graph_forward_team(g, true, e, (float *[]){NULL, NULL, NULL, NULL});
        for (int i = 0; i < count; i++) {
            graph_select_worker(g, i);
            for (int row = 0; row < own_rows; row++)
                sum += (double)graph_value(g, e)[row] / (VIEWS * BATCH);
        }
        graph_backward_team(g, e, 1.0f / (VIEWS * BATCH), dparams);
        for (int i = 0; i < count; i++) {
            graph_select_worker(g, i);
            memcpy(own[i], graph_gradient(g, z), (size_t)(own_rows * DIM) * sizeof(float));
            deal(own[i], found, workers, first + i, true);
        }
    }
    float energy_found = (float)sum;
    assert_close("energy", &energy_found, &energy, 1);
    assert_close("gradient", found, gradient, FLOATS);
    graph_destroy(g);
    free(all);
    free(a);
}

static void energies_and_gradients_are_those_of_one_batch(void **state)
{
    (void)state;
    for (int workers = 1; workers <= 4; workers *= 2) {
        compare(vicreg, workers, golden_vicreg[0], golden_vicreg_gradient);
        compare(lejepa, workers, golden_lejepa[0], golden_lejepa_gradient);
        compare(eb_jepa, workers, golden_eb_jepa[0], golden_eb_jepa_gradient);
        compare(invariance, workers, golden_invariance[0], golden_invariance_gradient);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energies_and_gradients_are_those_of_one_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
