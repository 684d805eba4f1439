// trainer/run/proof_span.c -- reads the record from its start once for each thing it wants to know.
#include "trainer/run/proof_span.h"

#include "trainer/run/checkpoint_folder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

// The reading of a record, and what is known of it so far.
typedef struct reading {
    proof_span *span;
    const char *run;
    uint64_t begin, last; // the steps on record are begin .. last; last = 0: none
    uint64_t start;       // newest checkpoint with steps behind it, of those at epochs' ends
    // The chain of the whole file, as it follows from its lines.
    uint64_t digest, chain, tensor_sum;
    bool other; // a line that is no record: only the last may be one, when its writer was killed
    bool broken;
    uint64_t broken_step; // the first whose line is wrong
    size_t tensor_capacity;
    bool no_memory;
} reading;

static bool has_checkpoint(const char *run, uint64_t step)
{
    char path[RUN_PATH_SIZE];
    checkpoint_folder_path(run, step, path);
    return access(path, R_OK) == 0;
}

static void note_broken(reading *r, uint64_t step)
{
    if (!r->broken) r->broken_step = step;
    r->broken = true;
}

// Steps follow each other, so there are no more of them than lines.
static void survey_step(reading *r, const proof_line *line)
{
    if (r->last == 0) r->begin = line->step;
    if (line->step == 0 || (r->last != 0 && line->step != r->last + 1)) note_broken(r, line->step);
    r->last = line->step;
    r->digest = line->hash;
}

// First reading: how far the record goes, and whether it hangs together.
static void survey(void *context, const proof_line *line)
{
    reading *r = context;
    if (r->other) note_broken(r, line->kind == PROOF_OTHER ? r->last + 1 : line->step);
    r->other = line->kind == PROOF_OTHER;
    if (line->kind == PROOF_STEP) {
        survey_step(r, line);
    } else if (line->kind == PROOF_TENSOR) {
        r->tensor_sum += line->hash;
    } else if (line->kind == PROOF_EPOCH) {
        r->chain = proof_chain(r->chain, r->digest, r->tensor_sum, line);
        if (r->chain != line->hash) note_broken(r, line->step);
        r->chain = line->hash;
        r->tensor_sum = 0;
    }
}

static void find_start(void *context, const proof_line *line)
{
    reading *r = context;
    if (line->kind == PROOF_EPOCH && line->step < r->last && has_checkpoint(r->run, line->step))
        r->start = line->step;
}

// The end of the epoch in which the steps begin.
static void find_end(void *context, const proof_line *line)
{
    proof_span *s = ((reading *)context)->span;
    if (line->kind == PROOF_EPOCH && line->step > s->first && s->end == 0) s->end = line->step;
}

static void add_tensor(reading *r, const proof_line *line)
{
    proof_span *s = r->span;
    if (s->tensor_count == r->tensor_capacity) {
        size_t capacity = 2 * r->tensor_capacity + 64;
        proof_line *more = realloc(s->tensors, capacity * sizeof *more);
        r->no_memory = r->no_memory || more == NULL;
        if (more == NULL) return;
        s->tensors = more;
        r->tensor_capacity = capacity;
    }
    s->tensors[s->tensor_count++] = *line;
}

// Last reading: what is to be compared.
static void collect(void *context, const proof_line *line)
{
    reading *r = context;
    proof_span *s = r->span;
    if (line->step < s->first || line->step > s->end) return;
    if (line->kind == PROOF_STEP) s->digests[line->step - s->first] = line->hash;
    if (line->kind == PROOF_TENSOR) add_tensor(r, line);
}

static status choose_steps(reading *r, const char *path, int64_t from, int64_t steps)
{
    proof_span *s = r->span;
    TRY(proof_read(path, find_start, r));
    s->first = from >= 0 ? (uint64_t)from : r->start;
    CHECK(s->first == 0 || has_checkpoint(r->run, s->first), ST_NO_INPUT,
          "%s has no checkpoint of step %" PRIu64 "; %s/checkpoints shows which there are", r->run,
          s->first, r->run);
    CHECK(s->first < r->last, ST_NO_INPUT,
          "%s ends at step %" PRIu64 ", nothing follows step %" PRIu64, path, r->last, s->first);
    CHECK(s->first + 1 >= r->begin, ST_NO_INPUT,
          "%s begins at step %" PRIu64 ", so that there is nothing to compare step %" PRIu64
          " with; give --from STEP of a later checkpoint",
          path, r->begin, s->first + 1);
    TRY(proof_read(path, find_end, r));
    if (steps > 0) s->end = s->first + (uint64_t)steps;
    if (s->end == 0 || s->end > r->last) s->end = r->last;
    return ST_OK;
}

status proof_span_read(proof_span *s, const char *run, int64_t from, int64_t steps)
{
    char path[RUN_PATH_SIZE];
    *s = (proof_span){0};
    reading r = {.span = s, .run = run};
    int length = snprintf(path, sizeof path, "%s/proof.jsonl", run);
    CHECK(length < (int)sizeof path, ST_USAGE, "%s: this path is too long", run);
    TRY(proof_read(path, survey, &r));
    CHECK(!r.broken, ST_BAD_DATA,
          "%s: the chain breaks at step %" PRIu64
          ": this line or one before it is not what the run wrote",
          path, r.broken_step);
    TRY(choose_steps(&r, path, from, steps));
    s->last = r.last;
    s->digests = calloc(s->end - s->first + 1, sizeof *s->digests);
    CHECK(s->digests != NULL, ST_INTERNAL, "no memory for %" PRIu64 " steps", s->end - s->first);
    TRY(proof_read(path, collect, &r));
    CHECK(!r.no_memory, ST_INTERNAL, "no memory for the tensors of %s", path);
    return ST_OK;
}

void proof_span_destroy(proof_span *s)
{
    free(s->digests);
    free(s->tensors);
    *s = (proof_span){0};
}
