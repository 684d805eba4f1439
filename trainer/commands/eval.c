// trainer/commands/eval.c -- basin eval RUN [key=value ...]: how good the features of a run's
// newest checkpoint are: kNN beside its floors and linear probe, with labels; health, also without.
// Of a method that infers codes: how good those of test data are.
#include "base/printable.h"
#include "comm/agree.h"
#include "models/kernels/threads.h"
#include "trainer/command.h"
#include "trainer/evaluator.h"
#include "trainer/evaluation/trained_run.h"

#include <stdlib.h>

typedef struct evaluated_run {
    trained_run run;
    evaluators evaluators;
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

static status create(evaluated_run *v, const world *w)
{
    const job *j = &v->run.job;
    kernels_set_threads((int)j->threads);
    TRY(trained_run_statistics(&v->run));
    return evaluators_create(&v->evaluators, &(evaluator_setup){w, j, &v->run.training, NULL});
}

// Collective.
static status evaluate(evaluated_run *v, const world *w)
{
    const job *j = &v->run.job;
    trained from = {.checkpoint = v->run.checkpoint};
    if (w->rank == 0) printf("%s\n", printable(v->run.checkpoint));
    for (int i = 0; i < v->evaluators.count; i++) {
        const evaluator_type *type = v->evaluators.type[i];
        void *state = v->evaluators.state[i];
        scores found = {0}, floors = {0};
        TRY(type->score(state, &from, &found));
        if (type->floors != NULL && j->evaluate.floors) TRY(type->floors(state, &floors));
        if (w->rank == 0) type->print(j, &floors, &found);
    }
    return ST_OK;
}

static status run(const world *w, int argc, char **argv)
{
    evaluated_run v = {0};
    status s = agree(w, open_run(&v, argc, argv));
    if (s == ST_OK) s = trained_run_choose(&v.run, w);
    if (s == ST_OK) s = agree(w, create(&v, w));
    if (s == ST_OK) s = evaluate(&v, w);
    evaluators_destroy(&v.evaluators);
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
