// tests/fuzz/fuzz_format.c -- any bytes as a file of a raw format; FORMAT_NAME and FILE_NAME choose
// which.
#include "io/packing/format.h"
#include "tests/fuzz/input.h"

#include <stdlib.h>
#include <string.h>

#ifndef FORMAT_NAME
#define FORMAT_NAME "idx"
#define FILE_NAME   "x-images-idx3-ubyte"
#endif
#define MOST_BYTES  (1 << 20) // of a sample
#define MOST_TRIALS 64        // samples

static const format_type *find(const char *name)
{
    for (int i = 0; format_table[i] != NULL; i++)
        if (strcmp(format_table[i]->name, name) == 0) return format_table[i];
    abort();
}

static void read_samples(const format_type *format, void *reader, const format_info *info)
{
    uint64_t bytes = sample_bytes(&info->shape);
    if (bytes == 0 || bytes > MOST_BYTES) return;
    void *pixels = malloc(bytes); // the sanitizer sees what is written behind it
    int64_t labels[2];
    for (uint64_t i = 0; i < info->count && i < MOST_TRIALS && pixels != NULL; i++)
        if (format->next(reader, pixels, labels) != ST_OK) break;
    free(pixels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const format_type *format = find(FORMAT_NAME);
    const char *path = input_file(FILE_NAME, data, size);
    void *reader = NULL;
    format_info info = {0};
    (void)format->probe(path);
    if (format->open(&reader, path, NULL, &info) == ST_OK) {
        read_samples(format, reader, &info);
        format->close(reader);
    }
    status_clear();
    return 0;
}
