// trainer/commands/eval.c -- basin eval RUN [key=value ...]: how good the features of a run's
// newest checkpoint are: kNN beside its floors and linear probe, with labels; health, also without.
#include "comm/agree.h"
#include "models/kernels/threads.h"
#include "trainer/command.h"
#include "trainer/evaluate.h"
#include "trainer/run_folder.h"

#include <string.h>

typedef struct evaluated_run {
    job job;
    char checkpoint[RUN_PATH_SIZE];
    evaluator *evaluator;
} evaluated_run;

// The probe is on here, whatever it was in training, unless an override turns it off.
static status load_with_probe(job *j, const char *path, int argc, char **argv)
{
    static char on[] = "evaluate.probe=true";
    char *folder = argv[0];
    argv[0] = on; // the first override; later ones win
    status s = job_load(j, path, argc, argv);
    argv[0] = folder;
    return s;
}

static status open_run(evaluated_run *v, const world *w, int argc, char **argv)
{
    CHECK(argc >= 1, ST_USAGE, "eval: a run folder is needed: basin eval RUN [key=value ...]");
    char job_path[RUN_PATH_SIZE];
    int length = snprintf(job_path, sizeof job_path, "%s/job.yaml", argv[0]);
    CHECK(length < (int)sizeof job_path, ST_USAGE, "eval: this path is too long: %s", argv[0]);
    TRY(load_with_probe(&v->job, job_path, argc, argv));
    bool found;
    TRY(run_folder_latest(argv[0], &found, v->checkpoint));
    CHECK(found, ST_NO_INPUT, "%s: this run has no checkpoint yet; let it train longer", argv[0]);
    CHECK(v->job.data.test[0] != '\0', ST_CONFIG,
          "%s: the job names no test data; add data.test=FILES", job_path);
    kernels_set_threads((int)v->job.threads);
    return evaluator_create(&v->evaluator, w, &v->job);
}

// Collective. kNN of the trained net, beside its floors.
static status print_knn(evaluated_run *v, const world *w, double trained)
{
    double pixels = 0, untrained = 0;
    TRY(evaluator_pixels_knn(v->evaluator, &pixels));
    TRY(evaluator_untrained_knn(v->evaluator, &untrained));
    if (w->rank == 0)
        printf("kNN top-1 (k %lld, temperature %g)\n"
               "  raw pixels     %6.2f %%\n  untrained net  %6.2f %%\n  trained net    %6.2f %%\n",
               (long long)v->job.evaluate.knn_k, v->job.evaluate.knn_temperature, 100 * pixels,
               100 * untrained, 100 * trained);
    return ST_OK;
}

// Collective.
static status evaluate(evaluated_run *v, const world *w)
{
    evaluation found = {0};
    TRY(evaluator_checkpoint(v->evaluator, v->checkpoint, &found));
    if (w->rank == 0) printf("%s\n", v->checkpoint);
    if (found.knn >= 0) TRY(print_knn(v, w, found.knn));
    if (w->rank != 0) return ST_OK;
    printf("health of the trained net's features\n"
           "  alignment      %7.3f\n  uniformity     %7.3f\n  effective rank %7.1f\n"
           "  deviation      %7.3f\n",
           found.alignment, found.health.uniformity, found.health.effective_rank,
           found.health.deviation);
    if (found.probe >= 0)
        printf("linear probe top-1\n  trained net    %6.2f %%\n", 100 * found.probe);
    return ST_OK;
}

static status run(const world *w, int argc, char **argv)
{
    evaluated_run v = {0};
    status s = agree(w, open_run(&v, w, argc, argv));
    if (s == ST_OK) s = evaluate(&v, w);
    if (v.evaluator != NULL) evaluator_destroy(v.evaluator);
    job_destroy(&v.job);
    return s;
}

const command_type command_eval = {
    .name = "eval",
    .usage = "RUN [key=value ...]",
    .help = "score a run's newest checkpoint: kNN beside its floors, linear probe, health",
    .more = "",
    .run = run,
};
