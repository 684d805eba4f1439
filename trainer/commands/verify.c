// trainer/commands/verify.c -- basin verify RUN [--from STEP] [--steps K] [key=value ...]:
// recomputes K steps of a run from one of its checkpoints, on any number of ranks, and compares
// each with RUN/proof.jsonl.
#include "base/log.h"
#include "base/printable.h"
#include "comm/agree.h"
#include "comm/exchange.h"
#include "comm/rank_watch.h"
#include "models/kernels/threads.h"
#include "trainer/command.h"
#include "trainer/commands/verify_newest.h"
#include "trainer/job/options.h"
#include "trainer/run/proof_span.h"
#include "trainer/loop/proof.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct verify_options {
    int64_t from, steps;
} verify_options;

static const config_field options[] = {
    {"from", FIELD_INT, offsetof(verify_options, from), "-1", -1, JOB_NO_LIMIT, NULL,
     "step of the checkpoint to start from, 0 = the beginning; "
     "-1 = of the newest that steps follow"},
    {"steps", FIELD_INT, offsetof(verify_options, steps), "0", 0, JOB_NO_LIMIT, NULL,
     "how many; 0 = up to the end of the epoch"},
    {0}};

typedef struct verification {
    job job;
    verify_options wanted;
    char run[256];
    proof_span record;    // what the run has noted down; of rank 0
    verify_newest newest; // of rank 0
    training training;
    uint64_t bounds[2];       // first, end
    checkpoint_array *arrays; // (array_count) all tensors
    size_t array_count;
    // Of rank 0.
    uint64_t computed;                        // digest after the step just done
    uint64_t first_bad;                       // step; 0: none
    char tensor_found[PROOF_NAME_SIZE + 128]; // which tensors differ; "": none
    size_t tensors_compared;
    bool newest_compared; // with what was recomputed
} verification;

// Compares the arrays after t->step with those of `list` that are of this step; how many there are.
// The first that differs goes into v->tensor_found; `whose`: the others.
static size_t compare_list(verification *v, const proof_line *list, size_t count, const char *whose)
{
    const training *t = &v->training;
    size_t compared = 0, wrong = 0;
    const char *first = "";
    for (size_t i = 0; i < count; i++) {
        if (list[i].step != t->step) continue;
        for (size_t k = 0; k < v->array_count; k++) {
            if (strcmp(v->arrays[k].name, list[i].tensor) != 0) continue;
            compared++;
            if (proof_tensor(&v->arrays[k]) == list[i].hash) continue;
            if (wrong++ == 0) first = list[i].tensor;
        }
    }
    if (wrong > 0 && v->tensor_found[0] == '\0')
        snprintf(v->tensor_found, sizeof v->tensor_found,
                 "after step %" PRIu64 " %zu of %zu tensors differ%s, the first is %s", t->step,
                 wrong, compared, whose, first);
    return compared;
}

// Rank 0, after t->step.
static void compare_tensors(verification *v)
{
    const proof_span *r = &v->record;
    const verify_newest *n = &v->newest;
    ASSERT(snapshot_describe(&v->training, v->arrays) == v->array_count);
    v->tensors_compared += compare_list(v, r->tensors, r->tensor_count, "");
    // One that is on record has been compared with the record; one that steps begin with is no
    // other.
    if (!n->found || n->noted > 0 || v->training.step == r->first) return;
    if (compare_list(v, n->tensors, n->count, " from the newest checkpoint's") > 0)
        v->newest_compared = true;
}

// Rank 0, after a step.
static void compare_step(verification *v, const step_outcome *outcome)
{
    const training *t = &v->training;
    v->computed = proof_digest(v->computed, t, outcome);
    uint64_t recorded = v->record.digests[t->step - v->record.first];
    if (recorded == v->computed || v->first_bad != 0) return;
    v->first_bad = t->step;
}

// Rank 0.
static status judge(const verification *v)
{
    bool tensors_right = v->tensor_found[0] == '\0';
    if (v->first_bad != 0)
        return failure(ST_BAD_DATA,
                       "%s: step %" PRIu64 " is the first whose numbers differ from what the run "
                       "recorded%s%s; another machine or library, or a fault",
                       v->run, v->first_bad, tensors_right ? "" : "; ", v->tensor_found);
    CHECK(tensors_right, ST_BAD_DATA, "%s: all steps are as recorded, but %s", v->run,
          v->tensor_found);
    return ST_OK;
}

// Collective.
static status recompute(verification *v, const world *w)
{
    training *t = &v->training;
    if (w->rank == 0) {
        v->computed = v->record.digests[0];
        compare_tensors(v);
    }
    while (t->step < v->bounds[1]) {
        double waited = 0;
        step_outcome outcome;
        TRY(training_step(t, loader_next(t->loader, &waited), &outcome));
        if (t->stopping) TRY(agree(w, ST_OK)); // which hears of the signal
        if (w->rank != 0) continue;
        compare_step(v, &outcome);
        compare_tensors(v);
        progress_line(30, "step %" PRIu64 ", from %" PRIu64 " to %" PRIu64, t->step, v->bounds[0],
                      v->bounds[1]);
    }
    progress_end();
    return agree(w, w->rank == 0 ? judge(v) : ST_OK);
}

// The job as it is in the folder, wherever that lies now.
static status load(verification *v, int argc, char **argv)
{
    TRY(options_read("verify", &argc, argv, options, &v->wanted));
    CHECK(argc >= 1, ST_USAGE, "verify: a run folder is needed: basin verify RUN [--steps K]");
    char path[RUN_PATH_SIZE], run[RUN_PATH_SIZE];
    snprintf(v->run, sizeof v->run, "%s", argv[0]);
    snprintf(path, sizeof path, "%s/job.yaml", argv[0]);
    snprintf(run, sizeof run, "run=%s", argv[0]);
    argv[0] = run;
    return job_load(&v->job, path, argc, argv);
}

// Collective.
static status open_part(verification *v, const world *w)
{
    status s = ST_OK;
    if (w->rank == 0) s = verify_newest_read(&v->newest, v->run);
    if (w->rank == 0 && s == ST_OK)
        s = proof_span_read(&v->record, v->run, v->wanted.from, v->wanted.steps);
    v->bounds[0] = v->record.first;
    v->bounds[1] = v->record.end;
    TRY(agree(w, s));
    rank_watch_limit(v->job.watch.stall);
    exchange_broadcast(w, v->bounds, sizeof v->bounds, 0);
    kernels_set_threads((int)v->job.threads);
    v->job.stop_after = (int64_t)v->bounds[1];
    TRY(training_open_again(&v->training, w, &v->job, v->bounds[0]));
    v->array_count = snapshot_describe(&v->training, NULL);
    v->arrays = calloc(v->array_count, sizeof *v->arrays);
    if (v->arrays == NULL) s = failure(ST_INTERNAL, "no memory for a list");
    if (s == ST_OK && w->rank == 0)
        s = verify_newest_check_end(&v->newest, v->run, v->training.steps_per_epoch);
    return agree(w, s);
}

// What is known of the newest checkpoint.
static void print_newest(const verification *v)
{
    const verify_newest *n = &v->newest;
    uint64_t first = v->record.first;
    if (!n->found) return;
    printf("%s: the newest checkpoint, of step %" PRIu64 ", ", printable(v->run), n->step);
    if (n->noted > 0)
        printf("is what the run recorded, in all %zu tensors\n", n->noted);
    else if (v->newest_compared)
        printf("is what was recomputed, in all %zu tensors\n", n->count);
    else if (n->step > first)
        printf("is not compared; --steps %" PRIu64 " recomputes up to it\n", n->step - first);
    else
        printf("is where these steps begin, and not compared; begin earlier to prove it\n");
}

// What has been proved, and what has not.
static void print_proof(const verification *v, const world *w)
{
    const proof_span *r = &v->record;
    printf("%s: steps %" PRIu64 " to %" PRIu64
           " recomputed on %d rank%s: the same bits in every step",
           printable(v->run), r->first, r->end, w->size, w->size == 1 ? "" : "s");
    if (v->tensors_compared > 0)
        printf(" and in %zu tensors at ends of epochs\n", v->tensors_compared);
    else
        printf(" (no epoch ends here, so no single tensor is on record)\n");
    print_newest(v);
    if (r->first > 0)
        printf("%s: not recomputed: steps 0 to %" PRIu64 "; --from says where to start\n",
               printable(v->run), r->first);
    if (r->end < r->last)
        printf("%s: not recomputed: steps %" PRIu64 " to %" PRIu64 "; --steps says how many\n",
               printable(v->run), r->end, r->last);
}

static status run(const world *w, int argc, char **argv)
{
    static verification v; // too large for a stack
    v = (verification){0};
    status s = agree(w, load(&v, argc, argv));
    if (s == ST_OK) {
        s = open_part(&v, w);
        if (s == ST_OK) s = recompute(&v, w);
        if (s == ST_OK && w->rank == 0) print_proof(&v, w);
        if (v.training.job != NULL) training_close(&v.training);
    }
    free(v.arrays);
    proof_span_destroy(&v.record);
    verify_newest_destroy(&v.newest);
    job_destroy(&v.job);
    return s;
}

const command_type command_verify = {
    .name = "verify",
    .usage = "RUN [--from STEP] [--steps K] [key=value ...]",
    .help = "recompute steps of a run and compare them with what it recorded, bit by bit",
    .more =
        "Starts from a checkpoint of the run, on any number of ranks, and leaves the run as it is. "
        "Without\n"
        "options: from the newest checkpoint that recorded steps follow, to the end of its epoch.\n"
        "The newest checkpoint is compared with the record, too, which must be whole.\n"
        "Exit code 65 when a step differs; it names the first one, and the first tensor.\n",
    .run = run,
};
