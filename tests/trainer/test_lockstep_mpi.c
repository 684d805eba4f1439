// Workers that meet through comm/ have the bits of workers that meet within one process, on any
// number of ranks.
#include "tests/check_mpi.h"

#include "base/rng.h"
#include "models/graph/graph.h"
#include "tests/models/local_team.h"
#include "trainer/loop/lockstep.h"

#include <stdlib.h>

static world w;

enum { WORKERS = 4, SAMPLES = 6, CHANNELS = 5, SIDE = 4, IMAGE = CHANNELS * SIDE * SIDE };

// Two operations that meet, one behind the other, and an energy that needs all workers.
typedef struct machine {
    graph *g;
    int first, count; // workers
    int images, energy;
    float *params, *statistics, *data;
    float *dparams[WORKERS], *measured[WORKERS];
} machine;

static float *zeros(size_t count)
{
    float *x = calloc(count + 1, sizeof *x);
    if (x == NULL) abort();
    return x;
}

static void fill(float *x, size_t count, uint64_t which)
{
    rng r = rng_open(7, RNG_TEST, 0, which, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = rng_normal(&r);
}

static status build(machine *m, const team *t)
{
    TRY(graph_create(&m->g, true));
    graph_join(m->g, t);
    m->images = graph_input(m->g, "images", (shape){SAMPLES, CHANNELS, SIDE, SIDE}, true);
    int x = graph_chain(m->g, "sync_batch_norm", "norm", m->images, "{activation: relu}");
    x = graph_chain(m->g, "global_pool", "pool", x, "{}");
    x = graph_chain(m->g, "linear", "fc", x, "{features: 3}");
    x = graph_chain(m->g, "l2_normalise", "unit", x, "{}");
    x = graph_chain(m->g, "gather", "all", x, "{}");
    m->energy = graph_chain(m->g, "nt_xent", "energy", x, "{own: %d}", SAMPLES);
    graph_keep(m->g, m->energy);
    m->first = t->first;
    m->count = t->count;
    return graph_plan(m->g);
}

static void run(machine *m)
{
    m->params = zeros(graph_param_count(m->g));
    m->statistics = zeros(graph_statistic_count(m->g));
    m->data = zeros((size_t)WORKERS * SAMPLES * IMAGE);
    fill(m->params, graph_param_count(m->g), 0);
    fill(m->data, (size_t)WORKERS * SAMPLES * IMAGE, 1);
    graph_bind(m->g, m->params, m->statistics);
    graph_prepare(m->g);
    for (int own = 0; own < m->count; own++) {
        m->dparams[own] = zeros(graph_param_count(m->g));
        m->measured[own] = zeros(graph_statistic_count(m->g));
        graph_select_worker(m->g, own);
        graph_set_input(m->g, m->images, m->data + (size_t)(m->first + own) * SAMPLES * IMAGE);
    }
    // Twice: what a meeting leaves behind must not matter to the next.
    for (int pass = 0; pass < 2; pass++) {
        graph_forward_team(m->g, true, m->energy, m->measured);
        graph_backward_team(m->g, m->energy, 1.0f, m->dparams);
    }
}

static void stop(machine *m)
{
    graph_destroy(m->g);
    for (int own = 0; own < m->count; own++)
        free(m->dparams[own]), free(m->measured[own]);
    free(m->params), free(m->statistics), free(m->data);
}

static bool same_bits(const float *a, const float *b, size_t count)
{
    return memcmp(a, b, count * sizeof *a) == 0;
}

static bool same_worker(machine *ranks, int own, machine *one)
{
    int worker = ranks->first + own;
    graph_select_worker(ranks->g, own);
    graph_select_worker(one->g, worker);
    return same_bits(ranks->dparams[own], one->dparams[worker], graph_param_count(one->g)) &&
           same_bits(ranks->measured[own], one->measured[worker], graph_statistic_count(one->g)) &&
           same_bits(graph_value(ranks->g, ranks->energy), graph_value(one->g, one->energy),
                     SAMPLES) &&
           same_bits(graph_gradient(ranks->g, ranks->images), graph_gradient(one->g, one->images),
                     (size_t)SAMPLES * IMAGE);
}

static void ranks_have_the_bits_of_one_process(void **state)
{
    (void)state;
    machine ranks = {0}, one = {0};
    workers v;
    phases p = {0};
    lockstep l;
    int all = WORKERS;
    team local = local_team(&all);
    assert_all_ok(workers_divide(&v, &w, WORKERS, WORKERS * SAMPLES));
    lockstep_init(&l, &w, &v, &p);
    assert_all_ok(build(&ranks, &l.team));
    assert_all_ok(lockstep_create(&l));
    assert_all_ok(build(&one, &local));
    run(&ranks);
    run(&one);
    bool same = true;
    for (int own = 0; own < ranks.count; own++)
        same = same && same_worker(&ranks, own, &one);
    assert_all(same);
    stop(&ranks), stop(&one);
    lockstep_destroy(&l);
}

int main(int argc, char **argv)
{
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_have_the_bits_of_one_process),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
