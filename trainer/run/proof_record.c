// trainer/run/proof_record.c -- one line a record; what is read is only what this file writes.
#include "trainer/run/proof_record.h"

#include "base/input.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

// Moves behind `expected`; false when the text goes on otherwise.
static bool skip(const char **at, const char *expected)
{
    size_t length = strlen(expected);
    if (strncmp(*at, expected, length) != 0) return false;
    *at += length;
    return true;
}

static bool take_number(const char **at, int base, uint64_t *value)
{
    char *end;
    if (!isxdigit((unsigned char)**at)) return false; // no sign, no blank
    errno = 0;
    *value = strtoull(*at, &end, base);
    if (errno != 0) return false;
    *at = end;
    return true;
}

static bool take_hash(const char **at, const char *key, uint64_t *value)
{
    return skip(at, key) && skip(at, ":\"") && take_number(at, 16, value) && skip(at, "\"");
}

static bool take_name(const char **at, char name[PROOF_NAME_SIZE])
{
    size_t length = strcspn(*at, "\"\n");
    if (length == 0 || length >= PROOF_NAME_SIZE) return false;
    memcpy(name, *at, length);
    name[length] = '\0';
    *at += length;
    return skip(at, "\"");
}

static proof_kind take_rest(const char **at, proof_line *line)
{
    if (take_hash(at, "\"digest\"", &line->hash)) return PROOF_STEP;
    if (skip(at, "\"tensor\":\""))
        return take_name(at, line->tensor) && take_hash(at, ",\"hash\"", &line->hash) ? PROOF_TENSOR
                                                                                      : PROOF_OTHER;
    bool epoch = take_hash(at, "\"job\"", &line->job) &&
                 take_hash(at, ",\"software\"", &line->software) &&
                 take_hash(at, ",\"chain\"", &line->hash);
    return epoch ? PROOF_EPOCH : PROOF_OTHER;
}

proof_line proof_line_parse(const char *text)
{
    proof_line line = {0};
    if (!skip(&text, "{\"step\":") || !take_number(&text, 10, &line.step) || !skip(&text, ","))
        return line;
    proof_kind kind = take_rest(&text, &line);
    if (skip(&text, "}")) line.kind = kind;
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
    FILE *in;
    TRY(input_open_stream(&in, path));
    while (fgets(text, sizeof text, in) != NULL) {
        proof_line line = proof_line_parse(text);
        take(context, &line);
    }
    bool failed = ferror(in) != 0;
    (void)fclose(in); // read only
    CHECK(!failed, ST_IO, "%s: cannot be read", path);
    return ST_OK;
}
