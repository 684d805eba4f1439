// trainer/commands/verify.c -- basin verify RUN [--from STEP] [--steps K] [key=value ...]: recomputes K steps
// of a run from one of its checkpoints, on any number of ranks, and compares each with RUN/proof.jsonl.
#include "base/log.h"
#include "comm/agree.h"
#include "comm/exchange.h"
#include "models/kernels/threads.h"
#include "trainer/command.h"
#include "trainer/job/options.h"
#include "trainer/run/checkpoint_folder.h"
#include "trainer/loop/proof.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct verify_options {
    int64_t from, steps;
} verify_options;

static const config_field options[] = {{"from", FIELD_INT, offsetof(verify_options, from), "-1", -1,
                                        1e15, NULL,
                                        "step of the checkpoint to start from, 0 = the beginning; "
                                        "-1 = of the newest that steps follow"},
                                       {"steps", FIELD_INT, offsetof(verify_options, steps), "0", 0,
                                        1e15, NULL, "how many; 0 = up to the end of the epoch"},
                                       {0}};

// What the run has noted down, as far as it is wanted here; of rank 0.
typedef struct record {
    char run[256];
    uint64_t last;       // step noted down
    uint64_t start;      // newest checkpoint before it, of those at epochs' ends
    uint64_t first, end; // steps to recompute: first .. end-1
    uint64_t *digests;   // (end - first + 1) from that of `first` on; 0: none
    proof_line *tensors; // (tensor_count) after steps first .. end
    size_t tensor_count, tensor_capacity;
    // The chain of the whole file, as it follows from its lines.
    uint64_t digest, chain, tensor_sum, broken; // broken: first step whose chain is wrong, or 0
    bool no_memory;
} record;

typedef struct verification {
    job job;
    verify_options wanted;
    record record;
    training training;
    uint64_t bounds[2];       // first, end
    checkpoint_array *arrays; // (array_count) all tensors
    size_t array_count;
    // Of rank 0.
    uint64_t computed;                        // digest after the step just done
    uint64_t first_bad;                       // step; 0: none
    char tensor_found[PROOF_NAME_SIZE + 128]; // which tensors differ; "": none
    size_t tensors_compared;
} verification;

static bool has_checkpoint(const char *run, uint64_t step)
{
    char path[RUN_PATH_SIZE];
    checkpoint_folder_path(run, step, path);
    return access(path, R_OK) == 0;
}

// First reading: how far the record goes, whether it hangs together, where to start.
static void survey(void *context, const proof_line *line)
{
    record *r = context;
    if (line->kind == PROOF_STEP) {
        r->last = line->step;
        r->digest = line->hash;
    } else if (line->kind == PROOF_TENSOR) {
        r->tensor_sum += line->hash;
    } else if (line->kind == PROOF_EPOCH) {
        r->chain = proof_chain(r->chain, r->digest, r->tensor_sum, line);
        if (r->chain != line->hash && r->broken == 0) r->broken = line->step;
        r->chain = line->hash;
        r->tensor_sum = 0;
    }
}

static void find_start(void *context, const proof_line *line)
{
    record *r = context;
    if (line->kind == PROOF_EPOCH && line->step < r->last && has_checkpoint(r->run, line->step))
        r->start = line->step;
}

static void add_tensor(record *r, const proof_line *line)
{
    if (r->tensor_count == r->tensor_capacity) {
        size_t capacity = 2 * r->tensor_capacity + 64;
        proof_line *more = realloc(r->tensors, capacity * sizeof *more);
        r->no_memory = r->no_memory || more == NULL;
        if (more == NULL) return;
        r->tensors = more;
        r->tensor_capacity = capacity;
    }
    r->tensors[r->tensor_count++] = *line;
}

// Second reading: what is to be compared.
static void collect(void *context, const proof_line *line)
{
    record *r = context;
    if (line->step < r->first || line->step > r->end) return;
    if (line->kind == PROOF_STEP) r->digests[line->step - r->first] = line->hash;
    if (line->kind == PROOF_TENSOR) add_tensor(r, line);
}

// The end of the epoch in which the steps begin.
static void find_end(void *context, const proof_line *line)
{
    record *r = context;
    if (line->kind == PROOF_EPOCH && line->step > r->first && r->end == 0) r->end = line->step;
}

static status choose_steps(record *r, const char *path, const verify_options *wanted)
{
    TRY(proof_read(path, find_start, r));
    r->first = wanted->from >= 0 ? (uint64_t)wanted->from : r->start;
    CHECK(r->first == 0 || has_checkpoint(r->run, r->first), ST_NO_INPUT,
          "%s has no checkpoint of step %" PRIu64 "; %s/checkpoints shows which there are", r->run,
          r->first, r->run);
    CHECK(r->first < r->last, ST_NO_INPUT,
          "%s ends at step %" PRIu64 ", nothing follows step %" PRIu64, path, r->last, r->first);
    TRY(proof_read(path, find_end, r));
    if (wanted->steps > 0) r->end = r->first + (uint64_t)wanted->steps;
    if (r->end == 0 || r->end > r->last) r->end = r->last;
    return ST_OK;
}

// Rank 0.
static status read_record(record *r, const verify_options *wanted)
{
    char path[RUN_PATH_SIZE];
    snprintf(path, sizeof path, "%s/proof.jsonl", r->run);
    TRY(proof_read(path, survey, r));
    CHECK(r->broken == 0, ST_BAD_DATA,
          "%s: the chain breaks at step %" PRIu64
          ": this line or one before it is not what the run wrote",
          path, r->broken);
    TRY(choose_steps(r, path, wanted));
    r->digests = calloc(r->end - r->first + 1, sizeof *r->digests);
    CHECK(r->digests != NULL, ST_INTERNAL, "no memory for %" PRIu64 " steps", r->end - r->first);
    TRY(proof_read(path, collect, r));
    CHECK(!r->no_memory, ST_INTERNAL, "no memory for the tensors of %s", path);
    return ST_OK;
}

// Of rank 0: what differs after the steps done so far, into v->found.
static void compare_tensors(verification *v)
{
    training *t = &v->training;
    record *r = &v->record;
    ASSERT(snapshot_describe(t, v->arrays) == v->array_count);
    size_t compared = 0, wrong = 0;
    const char *first = "";
    for (size_t i = 0; i < r->tensor_count; i++) {
        if (r->tensors[i].step != t->step) continue;
        for (size_t k = 0; k < v->array_count; k++) {
            if (strcmp(v->arrays[k].name, r->tensors[i].tensor) != 0) continue;
            compared++;
            if (proof_tensor(&v->arrays[k]) == r->tensors[i].hash) continue;
            if (wrong++ == 0) first = r->tensors[i].tensor;
        }
    }
    v->tensors_compared += compared;
    if (wrong == 0 || v->tensor_found[0] != '\0') return;
    snprintf(v->tensor_found, sizeof v->tensor_found,
             "after step %" PRIu64 " %zu of %zu tensors differ, the first is %s", t->step, wrong,
             compared, first);
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
    const record *r = &v->record;
    bool tensors_right = v->tensor_found[0] == '\0';
    if (v->first_bad != 0)
        return failure(ST_BAD_DATA,
                       "%s: step %" PRIu64 " is the first whose numbers differ from what the run "
                       "recorded%s%s; another machine or library, or a fault",
                       r->run, v->first_bad, tensors_right ? "" : "; ", v->tensor_found);
    CHECK(tensors_right, ST_BAD_DATA, "%s: all steps are as recorded, but %s", r->run,
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
    snprintf(v->record.run, sizeof v->record.run, "%s", argv[0]);
    snprintf(path, sizeof path, "%s/job.yaml", argv[0]);
    snprintf(run, sizeof run, "run=%s", argv[0]);
    argv[0] = run;
    return job_load(&v->job, path, argc, argv);
}

// Collective.
static status open_part(verification *v, const world *w)
{
    status s = w->rank == 0 ? read_record(&v->record, &v->wanted) : ST_OK;
    v->bounds[0] = v->record.first;
    v->bounds[1] = v->record.end;
    TRY(agree(w, s));
    exchange_broadcast(w, v->bounds, sizeof v->bounds, 0);
    kernels_set_threads((int)v->job.threads);
    v->job.stop_after = (int64_t)v->bounds[1];
    TRY(training_open_again(&v->training, w, &v->job, v->bounds[0]));
    v->array_count = snapshot_describe(&v->training, NULL);
    v->arrays = calloc(v->array_count, sizeof *v->arrays);
    return agree(w, v->arrays != NULL ? ST_OK : failure(ST_INTERNAL, "no memory for a list"));
}

static void print_proof(const verification *v, const world *w)
{
    printf("%s: steps %" PRIu64 " to %" PRIu64
           " recomputed on %d rank%s: the same bits in every step",
           v->record.run, v->bounds[0], v->bounds[1], w->size, w->size == 1 ? "" : "s");
    if (v->tensors_compared > 0)
        printf(" and in %zu tensors at ends of epochs\n", v->tensors_compared);
    else
        printf(" (no epoch ends here, so no single tensor is on record)\n");
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
    free(v.record.digests);
    free(v.record.tensors);
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
        "Exit code 65 when a step differs; it names the first one, and the first tensor.\n",
    .run = run,
};
