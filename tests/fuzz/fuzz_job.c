// tests/fuzz/fuzz_job.c -- any bytes as a job file.
#include "tests/fuzz/input.h"
#include "trainer/job/job.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL) return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    job j = {0};
    if (job_parse(&j, text, "job") != ST_OK) status_clear();
    job_destroy(&j);
    free(text);
    return 0;
}
