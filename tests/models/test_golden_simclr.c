// SimCLR's step of two and four workers that meet, against PyTorch that has no workers: energies,
// gradients and batch statistics of the whole batch (tests/golden/simclr.py).
#include "tests/models/golden.h"

#include "models/nets/net.h"
#include "tests/models/local_team.h"

#include <stdlib.h>

#include "tests/golden/simclr.h"

enum { BATCH = 8, SIZE = 8, DIM = 8, VIEWS = 2 };

typedef struct machine {
    graph *g;
    int workers, images, energies;
    float *params, *statistics;
    float *views;     // (workers, VIEWS b, 3, SIZE, SIZE)
    float **dparams;  // (workers)
    float **measured; // (workers) batch statistics
} machine;

static int samples_of_worker(const machine *m)
{
    return BATCH / m->workers;
}

// Two layers, each with batch norm by all workers' samples.
static int add_head(graph *g, int features)
{
    int hidden = graph_shape(g, features).c;
    int x = graph_chain(g, "linear", "fc.0", features, "{features: %d}", hidden);
    x = graph_chain(g, "sync_batch_norm", "fc.1", x, "{activation: relu}");
    x = graph_chain(g, "linear", "fc.2", x, "{features: %d}", DIM);
    return graph_chain(g, "sync_batch_norm", "fc.3", x, "{}");
}

static void build(machine *m)
{
    static const struct {
        int64_t width;
        char norm[CONFIG_TEXT_SIZE];
    } convnet = {4, "sync"};
    team t = local_team(&m->workers);
    shape s = {VIEWS * samples_of_worker(m), 3, SIZE, SIZE};
    assert_ok(graph_create(&m->g, true));
    graph_join(m->g, &t);
    m->images = graph_input(m->g, "images", s, false);
    int x = net_features(m->g, net_find("convnet"),
                         net_find("convnet")->build(m->g, &convnet, m->images));
    x = graph_chain(m->g, "l2_normalise", "normalise", add_head(m->g, x), "{}");
    x = graph_chain(m->g, "gather", "views", x, "{}");
    m->energies = graph_chain(m->g, "nt_xent", "energy", x, "{own: %d, temperature: 0.5}", s.n);
    graph_keep(m->g, m->energies);
    assert_ok(graph_plan(m->g));
    assert_true(graph_meets(m->g));
}

// Each worker's first views, then its second ones.
static void deal_views(machine *m)
{
    static const char *const names[VIEWS] = {"first", "second"};
    size_t image = (size_t)3 * SIZE * SIZE, share = (size_t)samples_of_worker(m) * image;
    m->views = zeros((size_t)VIEWS * BATCH * image);
    for (size_t view = 0; view < VIEWS; view++) {
        float *all = filled(names[view], BATCH * image, 4.0);
        for (size_t w = 0; w < (size_t)m->workers; w++)
            memcpy(m->views + (w * VIEWS + view) * share, all + w * share, share * sizeof *all);
        free(all);
    }
    for (int w = 0; w < m->workers; w++) {
        graph_select_worker(m->g, w);
        graph_set_input(m->g, m->images, m->views + (size_t)w * VIEWS * share);
    }
}

static void start(machine *m, int workers)
{
    *m = (machine){.workers = workers};
    build(m);
    m->params = zeros(graph_param_count(m->g));
    m->statistics = zeros(graph_statistic_count(m->g));
    m->dparams = calloc((size_t)workers, sizeof *m->dparams);
    m->measured = calloc((size_t)workers, sizeof *m->measured);
    for (int w = 0; w < workers; w++) {
        m->dparams[w] = zeros(graph_param_count(m->g));
        m->measured[w] = zeros(graph_statistic_count(m->g));
    }
    fill_parameters(m->g, m->params);
    graph_bind(m->g, m->params, m->statistics);
    graph_prepare(m->g);
    deal_views(m);
}

static void stop(machine *m)
{
    graph_destroy(m->g);
    for (int w = 0; w < m->workers; w++)
        free(m->dparams[w]), free(m->measured[w]);
    free(m->params), free(m->statistics), free(m->views), free(m->dparams), free(m->measured);
}

static void compare_energies(machine *m)
{
    enum { COUNT = VIEWS * BATCH };
    float energies[COUNT];
    size_t b = (size_t)samples_of_worker(m);
    for (int w = 0; w < m->workers; w++) {
        graph_select_worker(m->g, w);
        const float *own = graph_value(m->g, m->energies);
        for (size_t view = 0; view < VIEWS; view++)
            memcpy(energies + view * BATCH + (size_t)w * b, own + view * b, b * sizeof *own);
    }
    assert_close("energies", energies, golden_energies, COUNT);
}

static void compare_gradients(machine *m)
{
    for (int w = 1; w < m->workers; w++)
        for (size_t i = 0; i < graph_param_count(m->g); i++)
            m->dparams[0][i] += m->dparams[w][i];
    const graph_param *p;
    for (int i = 0; (p = graph_param_at(m->g, i)) != NULL; i++)
        assert_sample(find_sample(golden_gradients, p->name), p, m->dparams[0]);
}

static void compare_statistics(machine *m)
{
    const graph_param *p;
    for (int w = 0; w < m->workers; w++)
        for (int i = 0; (p = graph_statistic_at(m->g, i)) != NULL; i++)
            if (strcmp(p->name, "energy.accuracy") != 0)
                assert_sample(find_sample(golden_statistics, p->name), p, m->measured[w]);
}

static void workers_that_meet_are_one_batch(void **state)
{
    (void)state;
    for (int workers = 1; workers <= 4; workers *= 2) {
        machine m;
        start(&m, workers);
        graph_forward_team(m.g, true, m.energies, m.measured);
        graph_backward_team(m.g, m.energies, 1.0f / (VIEWS * BATCH), m.dparams);
        compare_energies(&m);
        compare_gradients(&m);
        compare_statistics(&m);
        stop(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_that_meet_are_one_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
