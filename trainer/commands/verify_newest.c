// trainer/commands/verify_newest.c -- see verify_newest.h.
#include "trainer/commands/verify_newest.h"

#include "io/checkpoint/checkpoint.h"
#include "trainer/loop/proof.h"
#include "trainer/run/checkpoint_folder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// Hashes all arrays of the checkpoint into `tensors` (as many).
static status hash_arrays(verify_newest *n, checkpoint *c)
{
    n->count = checkpoint_count(c);
    n->tensors = calloc(n->count + 1, sizeof *n->tensors);
    CHECK(n->tensors != NULL, ST_INTERNAL, "no memory for the tensors of a checkpoint");
    for (size_t i = 0; i < n->count; i++) {
        checkpoint_array array = {.data = NULL};
        checkpoint_describe(c, i, &array);
        array.data = malloc(checkpoint_array_bytes(&array) + 1);
        CHECK(array.data != NULL, ST_INTERNAL, "no memory for the array %s", array.name);
        status s = checkpoint_read(c, &array);
        proof_line *line = &n->tensors[i];
        *line = (proof_line){.kind = PROOF_TENSOR, .step = n->step};
        snprintf(line->tensor, sizeof line->tensor, "%s", array.name);
        if (s == ST_OK) line->hash = proof_tensor(&array);
        free(array.data);
        TRY(s);
    }
    return ST_OK;
}

static status read_checkpoint(verify_newest *n, const char *run)
{
    char path[RUN_PATH_SIZE];
    checkpoint *c;
    checkpoint_array step = {"step", ARRAY_U64, 0, {0}, &n->step};
    TRY(checkpoint_folder_find(run, &n->found, path));
    if (!n->found) return ST_OK;
    TRY(checkpoint_open(&c, path));
    status s = checkpoint_read(c, &step);
    if (s == ST_OK) s = hash_arrays(n, c);
    checkpoint_close(c);
    return s;
}

// A reading of the record: which tensors of the checkpoint are other than noted down.
typedef struct comparison {
    verify_newest *newest;
    const char *wrong; // the first, or NULL
    char unknown[PROOF_NAME_SIZE];
} comparison;

static void compare(void *context, const proof_line *line)
{
    comparison *c = context;
    verify_newest *n = c->newest;
    if (line->kind == PROOF_STEP) n->last = line->step;
    if (line->kind != PROOF_TENSOR || line->step != n->step) return;
    n->noted++;
    size_t i = 0;
    while (i < n->count && strcmp(n->tensors[i].tensor, line->tensor) != 0)
        i++;
    if (c->wrong != NULL || (i < n->count && n->tensors[i].hash == line->hash)) return;
    snprintf(c->unknown, sizeof c->unknown, "%s", line->tensor);
    c->wrong = c->unknown;
}

status verify_newest_read(verify_newest *n, const char *run)
{
    char path[RUN_PATH_SIZE];
    *n = (verify_newest){0};
    int length = snprintf(path, sizeof path, "%s/proof.jsonl", run);
    CHECK(length < (int)sizeof path, ST_USAGE, "%s: this path is too long", run);
    TRY(read_checkpoint(n, run));
    comparison c = {.newest = n};
    TRY(proof_read(path, compare, &c));
    if (!n->found) return ST_OK;
    CHECK(n->step <= n->last, ST_BAD_DATA,
          "%s: ends at step %" PRIu64 ", but there is a checkpoint of step %" PRIu64
          ": lines are missing at its end",
          path, n->last, n->step);
    CHECK(c.wrong == NULL, ST_BAD_DATA,
          "%s: the newest checkpoint, of step %" PRIu64
          ", is not what the run recorded: tensor %s differs",
          run, n->step, c.wrong);
    CHECK(n->noted == 0 || n->noted == n->count, ST_BAD_DATA,
          "%s: the newest checkpoint, of step %" PRIu64
          ", holds %zu tensors, but %zu are on record",
          run, n->step, n->count, n->noted);
    return ST_OK;
}

status verify_newest_check_end(const verify_newest *n, const char *run, uint64_t steps_per_epoch)
{
    bool at_end = n->found && n->step > 0 && n->step % steps_per_epoch == 0;
    CHECK(!at_end || n->noted > 0, ST_BAD_DATA,
          "%s/proof.jsonl: the tensors after step %" PRIu64
          ", where an epoch ends and a checkpoint stands, are missing",
          run, n->step);
    return ST_OK;
}

void verify_newest_destroy(verify_newest *n)
{
    free(n->tensors);
    *n = (verify_newest){0};
}
