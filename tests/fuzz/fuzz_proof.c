// tests/fuzz/fuzz_proof.c -- any bytes as the record of a run; what is a record is written as it
// was read.
#include "base/status.h"
#include "tests/fuzz/input.h"
#include "trainer/run/proof_record.h"

#include <string.h>

static void take(void *context, const proof_line *line)
{
    (void)context;
    char text[512] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    ASSERT(out != NULL && proof_line_write(out, line) && fclose(out) == 0);
    proof_line again = proof_line_parse(text);
    ASSERT(again.kind == line->kind && (line->kind == PROOF_OTHER || again.hash == line->hash));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (proof_read(input_file("proof.jsonl", data, size), take, NULL) != ST_OK) status_clear();
    return 0;
}
