// trainer/commands/eval.c -- basin eval RUN [key=value ...]: how good the features of a run's
// newest checkpoint are: kNN beside its floors and linear probe, with labels; health, also without. Of a
// method that infers codes: how good those of test data are.
#include "comm/agree.h"
#include "models/kernels/threads.h"
#include "trainer/command.h"
#include "trainer/evaluation/evaluate.h"
#include "trainer/codes/code_evaluation.h"
#include "trainer/evaluation/trained_run.h"

#include <math.h>
#include <stdlib.h>

typedef struct evaluated_run {
    trained_run run;
    evaluator *evaluator; // one of the two
    code_evaluator *code_evaluator;
} evaluated_run;

// Probe and floors are on here, whatever they were in training, unless an override turns them off.
static status open_run(evaluated_run *v, int argc, char **argv)
{
    CHECK(argc >= 1, ST_USAGE, "eval: a run folder is needed: basin eval RUN [key=value ...]");
    static char probe[] = "evaluate.probe=true", floors[] = "evaluate.floors=true";
    char **overrides = calloc((size_t)argc + 1, sizeof *overrides);
    CHECK(overrides != NULL, ST_INTERNAL, "no memory for %d overrides", argc);
    overrides[0] = probe; // later ones win
    overrides[1] = floors;
    for (int i = 1; i < argc; i++)
        overrides[1 + i] = argv[i];
    status s = trained_run_open(&v->run, "eval", argv[0], argc + 1, overrides);
    free(overrides);
    TRY(s);
    CHECK(job_has_test(&v->run.job), ST_CONFIG,
          "%s/job.yaml: the job names no test data; add data.test=FILES", argv[0]);
    return ST_OK;
}

static status create_evaluator(evaluated_run *v, const world *w)
{
    const job *j = &v->run.job;
    kernels_set_threads((int)j->threads);
    TRY(trained_run_statistics(&v->run));
    if (method_reads(j->method, "codes"))
        return code_evaluator_create(&v->code_evaluator, w, j, &v->run.training, NULL);
    return evaluator_create(&v->evaluator, w, j, &v->run.training);
}

// Collective. kNN of the trained net, beside its floors if they are wanted.
static status print_knn(evaluated_run *v, const world *w, double trained)
{
    const job_evaluate *e = &v->run.job.evaluate;
    double pixels = 0, untrained = 0;
    if (e->floors) TRY(evaluator_pixels_knn(v->evaluator, &pixels));
    if (e->floors) TRY(evaluator_untrained_knn(v->evaluator, &untrained));
    if (w->rank != 0) return ST_OK;
    printf("kNN top-1 (k %lld, temperature %g)\n", (long long)e->knn_k, e->knn_temperature);
    if (e->floors)
        printf("  raw pixels     %6.2f %%\n  untrained net  %6.2f %%\n", 100 * pixels,
               100 * untrained);
    printf("  trained net    %6.2f %%\n", 100 * trained);
    return ST_OK;
}

// Collective.
static status evaluate_codes(evaluated_run *v, const world *w)
{
    code_evaluation found = {0};
    TRY(code_evaluator_checkpoint(v->code_evaluator, v->run.checkpoint, &found));
    if (w->rank != 0) return ST_OK;
    printf("%s\ncodes of %llu test samples, means\n"
           "  energy           %12.6f\n  relative error   %12.6f\n  codes not 0      %12.6f\n"
           "  iterations       %12.1f\n",
           v->run.checkpoint, (unsigned long long)found.samples, found.energy, found.error,
           found.nonzero, found.iterations);
    if (isfinite(found.gap)) printf("  duality gap      %12.3e\n", found.gap);
    if (isfinite(found.encoder)) printf("  encoder / energy %12.6f\n", found.encoder);
    printf("coherence of atoms under shift %.4f\n", found.coherence);
    return ST_OK;
}

// Collective.
static status evaluate(evaluated_run *v, const world *w)
{
    if (v->code_evaluator != NULL) return evaluate_codes(v, w);
    evaluation found = {0};
    TRY(evaluator_checkpoint(v->evaluator, v->run.checkpoint, &found));
    if (w->rank == 0) printf("%s\n", v->run.checkpoint);
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
    status s = agree(w, open_run(&v, argc, argv));
    if (s == ST_OK) s = trained_run_choose(&v.run, w);
    if (s == ST_OK) s = agree(w, create_evaluator(&v, w));
    if (s == ST_OK) s = evaluate(&v, w);
    if (v.evaluator != NULL) evaluator_destroy(v.evaluator);
    code_evaluator_destroy(v.code_evaluator);
    trained_run_close(&v.run);
    return s;
}

const command_type command_eval = {
    .name = "eval",
    .usage = "RUN [key=value ...]",
    .help = "score a run's newest checkpoint: kNN beside its floors, linear probe, health; or its "
            "codes",
    .more = "",
    .run = run,
};
