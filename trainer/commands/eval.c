// trainer/commands/eval.c -- basin eval RUN [key=value ...]: kNN accuracy of a run's newest
// checkpoint beside its floors.
#include "comm/agree.h"
#include "models/kernels/threads.h"
#include "trainer/command.h"
#include "trainer/evaluate.h"
#include "trainer/run_folder.h"

#include <string.h>

typedef struct evaluation {
    job job;
    char checkpoint[RUN_PATH_SIZE];
    evaluator *evaluator;
} evaluation;

static status open_run(evaluation *v, const world *w, int argc, char **argv)
{
    CHECK(argc >= 1, ST_USAGE, "eval: a run folder is needed: basin eval RUN [key=value ...]");
    char job_path[RUN_PATH_SIZE];
    int length = snprintf(job_path, sizeof job_path, "%s/job.yaml", argv[0]);
    CHECK(length < (int)sizeof job_path, ST_USAGE, "eval: this path is too long: %s", argv[0]);
    TRY(job_load(&v->job, job_path, argc - 1, argv + 1));
    bool found;
    TRY(run_folder_latest(argv[0], &found, v->checkpoint));
    CHECK(found, ST_NO_INPUT, "%s: this run has no checkpoint yet; let it train longer", argv[0]);
    CHECK(v->job.data.test[0] != '\0', ST_CONFIG,
          "%s: the job names no test data; add data.test=FILES", job_path);
    kernels_set_threads((int)v->job.threads);
    return evaluator_create(&v->evaluator, w, &v->job);
}

// Collective.
static status evaluate(evaluation *v, const world *w)
{
    double pixels = 0, untrained = 0, trained = 0;
    TRY(evaluator_pixels_knn(v->evaluator, &pixels));
    TRY(evaluator_untrained_knn(v->evaluator, &untrained));
    TRY(evaluator_checkpoint_knn(v->evaluator, v->checkpoint, &trained));
    if (w->rank == 0)
        printf("%s\nkNN top-1 (k %lld, temperature %g)\n"
               "  raw pixels     %6.2f %%\n  untrained net  %6.2f %%\n  trained net    %6.2f %%\n",
               v->checkpoint, (long long)v->job.evaluate.knn_k, v->job.evaluate.knn_temperature,
               100 * pixels, 100 * untrained, 100 * trained);
    return ST_OK;
}

static status run(const world *w, int argc, char **argv)
{
    evaluation v = {0};
    status s = agree(w, open_run(&v, w, argc, argv));
    if (s == ST_OK) s = evaluate(&v, w);
    if (v.evaluator != NULL) evaluator_destroy(v.evaluator);
    job_destroy(&v.job);
    return s;
}

const command_type command_eval = {
    .name = "eval",
    .usage = "RUN [key=value ...]",
    .help = "kNN accuracy of a run's newest checkpoint, beside raw pixels and the untrained net",
    .more = "",
    .run = run,
};
