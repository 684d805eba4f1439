// trainer/loop/proof.c -- hashes of a training, and the file they go to.
#include "trainer/loop/proof.h"

#include "base/log.h"
#include "io/files/atomic_file.h"
#include "models/kernels/version.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

// Which samples a step sees, in order.
static uint64_t order_hash(const training *t, uint64_t step)
{
    uint64_t ids[64], hash = 0;
    for (uint64_t first = 0; first < t->order.batch; first += 64) {
        uint64_t left = t->order.batch - first, count = left < 64 ? left : 64;
        for (uint64_t i = 0; i < count; i++)
            ids[i] = order_sample(&t->order, step, first + i);
        hash = XXH3_64bits_withSeed(ids, count * sizeof *ids, hash);
    }
    return hash;
}

uint64_t proof_digest(uint64_t before, const training *t, const step_outcome *outcome)
{
    uint64_t parts[5] = {before, t->step, order_hash(t, t->step - 1)};
    memcpy(&parts[3], &outcome->gradient_norm, sizeof parts[3]);
    memcpy(&parts[4], &outcome->lr, sizeof parts[4]);
    uint64_t seed = XXH3_64bits(outcome->metrics, t->metric_count * sizeof *outcome->metrics);
    return XXH3_64bits_withSeed(parts, sizeof parts, seed);
}

uint64_t proof_tensor(const checkpoint_array *array)
{
    uint64_t seed = XXH3_64bits(array->name, strlen(array->name));
    return XXH3_64bits_withSeed(array->data, checkpoint_array_bytes(array), seed);
}

static uint64_t software_hash(void)
{
    char text[512], versions[256], instructions[64];
    kernels_versions(versions, sizeof versions);
    kernels_instruction_set(instructions, sizeof instructions);
    int length = snprintf(text, sizeof text, BASIN_VERSION "\n%s\n%s", versions, instructions);
    return XXH3_64bits(text, (size_t)length);
}

// Copies what stands up to a step.
typedef struct keeper {
    uint64_t step, last; // last: step that stands
    proof *into;
    bool failed;
} keeper;

static void keep(void *context, const proof_line *line)
{
    keeper *k = context;
    if (line->kind == PROOF_OTHER || line->step > k->step) return;
    if (line->kind == PROOF_STEP) {
        k->into->digest = line->hash;
        k->last = line->step;
    }
    if (line->kind == PROOF_EPOCH) k->into->chain = line->hash;
    if (!proof_line_write(k->into->file, line)) k->failed = true;
}

static status cannot_write(const char *path)
{
    return failure(ST_IO, "%s: cannot be written: %s", path, strerror(errno));
}

// A copy in the place of the old file; it stays open behind its last line.
static status rewrite(training *t, const char *path)
{
    atomic_file file;
    TRY(atomic_file_begin(&file, path));
    t->proof.file = fopen(file.temporary, "w");
    CHECK(t->proof.file != NULL, ST_IO, "%s: cannot be opened for writing: %s", file.temporary,
          strerror(errno));
    keeper k = {.step = t->step, .into = &t->proof};
    status s = t->step > 0 ? proof_read(path, keep, &k) : ST_OK;
    if (s == ST_NO_INPUT) { // the run is older than proofs
        status_clear();
        s = ST_OK;
    }
    if (s == ST_OK && k.last < t->step)
        log_warn("%s: ends at step %llu, and the run goes on at step %llu; verify will say so",
                 path, (unsigned long long)k.last, (unsigned long long)t->step);
    if (s == ST_OK && (k.failed || fflush(t->proof.file) != 0)) s = cannot_write(file.temporary);
    if (s == ST_OK) return atomic_file_commit(&file);
    atomic_file_abandon(&file);
    return s;
}

status proof_begin(training *t)
{
    if (t->world->rank != 0) return ST_OK;
    char path[RUN_PATH_SIZE];
    snprintf(path, sizeof path, "%s/proof.jsonl", t->job->run);
    status s = rewrite(t, path);
    if (s != ST_OK && t->proof.file != NULL) {
        (void)fclose(t->proof.file); // the failure is told already
        t->proof = (proof){0};
    }
    return s;
}

void proof_add_step(training *t, const step_outcome *outcome)
{
    if (t->proof.file == NULL) return;
    t->proof.digest = proof_digest(t->proof.digest, t, outcome);
    proof_line line = {.kind = PROOF_STEP, .step = t->step, .hash = t->proof.digest};
    (void)proof_line_write(t->proof.file, &line); // the stream remembers
}

void proof_flush(training *t)
{
    if (t->proof.file != NULL) (void)fflush(t->proof.file); // the stream remembers
}

status proof_add_epoch(training *t)
{
    if (t->proof.file == NULL) return ST_OK;
    uint64_t tensors = 0;
    ASSERT(snapshot_describe(t, t->arrays) == t->array_count);
    for (size_t i = 0; i < t->array_count; i++) {
        proof_line line = {.kind = PROOF_TENSOR, .step = t->step};
        line.hash = proof_tensor(&t->arrays[i]);
        tensors += line.hash;
        snprintf(line.tensor, sizeof line.tensor, "%s", t->arrays[i].name);
        (void)proof_line_write(t->proof.file, &line);
    }
    proof_line epoch = {.kind = PROOF_EPOCH, .step = t->step};
    epoch.job = job_hash(t->job);
    epoch.software = software_hash();
    epoch.hash = t->proof.chain = proof_chain(t->proof.chain, t->proof.digest, tensors, &epoch);
    (void)proof_line_write(t->proof.file, &epoch);
    if (fflush(t->proof.file) == 0 && ferror(t->proof.file) == 0) return ST_OK;
    char path[RUN_PATH_SIZE];
    snprintf(path, sizeof path, "%s/proof.jsonl", t->job->run);
    clearerr(t->proof.file);
    return cannot_write(path);
}

status proof_end(training *t)
{
    if (t->proof.file == NULL) return ST_OK;
    int closed = fclose(t->proof.file);
    t->proof = (proof){0};
    CHECK(closed == 0, ST_IO, "%s/proof.jsonl: cannot be written: %s", t->job->run,
          strerror(errno));
    return ST_OK;
}
