// trainer/proof_record.c -- one line a record; what is read is only what this file writes.
#include "trainer/proof_record.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

proof_line proof_line_parse(const char *text)
{
    proof_line line = {0};
    int end = 0;
    (void)sscanf(text, "{\"step\":%" SCNu64 ",\"digest\":\"%16" SCNx64 "\"}%n", &line.step,
                 &line.hash, &end);
    if (end > 0) {
        line.kind = PROOF_STEP;
        return line;
    }
    (void)sscanf(text,
                 "{\"step\":%" SCNu64 ",\"tensor\":\"%199[^\"]\",\"hash\":\"%16" SCNx64 "\"}%n",
                 &line.step, line.tensor, &line.hash, &end);
    if (end > 0) {
        line.kind = PROOF_TENSOR;
        return line;
    }
    (void)sscanf(text,
                 "{\"step\":%" SCNu64 ",\"job\":\"%16" SCNx64 "\",\"software\":\"%16" SCNx64
                 "\",\"chain\":\"%16" SCNx64 "\"}%n",
                 &line.step, &line.job, &line.software, &line.hash, &end);
    if (end > 0) line.kind = PROOF_EPOCH;
    return line;
}

bool proof_line_write(FILE *out, const proof_line *line)
{
    switch (line->kind) {
    case PROOF_STEP:
        return fprintf(out, "{\"step\":%" PRIu64 ",\"digest\":\"%016" PRIx64 "\"}\n", line->step,
                       line->hash) > 0;
    case PROOF_TENSOR:
        return fprintf(out,
                       "{\"step\":%" PRIu64 ",\"tensor\":\"%s\",\"hash\":\"%016" PRIx64 "\"}\n",
                       line->step, line->tensor, line->hash) > 0;
    case PROOF_EPOCH:
        return fprintf(out,
                       "{\"step\":%" PRIu64 ",\"job\":\"%016" PRIx64 "\",\"software\":\"%016" PRIx64
                       "\",\"chain\":\"%016" PRIx64 "\"}\n",
                       line->step, line->job, line->software, line->hash) > 0;
    case PROOF_OTHER:
        break;
    }
    return true;
}

uint64_t proof_chain(uint64_t before, uint64_t digest, uint64_t tensors, const proof_line *epoch)
{
    const uint64_t parts[6] = {before, epoch->step, digest, tensors, epoch->job, epoch->software};
    return XXH3_64bits(parts, sizeof parts);
}

status proof_read(const char *path, void (*take)(void *context, const proof_line *line),
                  void *context)
{
    char text[512];
    FILE *in = fopen(path, "r");
    CHECK(in != NULL, errno == ENOENT ? ST_NO_INPUT : ST_IO, "%s: cannot be opened: %s", path,
          strerror(errno));
    while (fgets(text, sizeof text, in) != NULL) {
        proof_line line = proof_line_parse(text);
        take(context, &line);
    }
    bool failed = ferror(in) != 0;
    (void)fclose(in); // read only
    CHECK(!failed, ST_IO, "%s: cannot be read", path);
    return ST_OK;
}
