// io/packing/formats/cifar10.c -- CIFAR-10's binary files: records of 3073 bytes, no header.
//   label (0-9), 1024 bytes red, 1024 green, 1024 blue; each 32 x 32, row by row
//   source: Krizhevsky 2009, "Learning multiple layers of features from tiny images"
#include "io/packing/format.h"
#include "io/files/record_file.h"

#include <stdlib.h>
#include <string.h>

#define SIDE    32
#define PLANE   (SIDE * SIDE)
#define RECORD  (1 + 3 * PLANE)
#define CLASSES 10

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static const char *split(const char *name)
{
    if (!ends_with(name, ".bin")) return NULL;
    if (strncmp(name, "data_batch_", 11) == 0) return "train";
    return strcmp(name, "test_batch.bin") == 0 ? "test" : NULL;
}

// There is no magic number: a name that ends in .bin must do.
static bool probe(const char *path)
{
    return ends_with(path, ".bin");
}

static void close_reader(void *opened)
{
    record_file_close(opened);
    free(opened);
}

static status open_reader(void **opened, const char *path, const char *layout, format_info *info)
{
    (void)layout;
    record_file *r = calloc(1, sizeof *r);
    CHECK(r != NULL, ST_INTERNAL, "no memory to read \"%s\"", path);
    status s = record_file_open(r, path, RECORD, "a sample of CIFAR-10");
    if (s != ST_OK) {
        close_reader(r);
        return s;
    }
    *info = (format_info){r->count, {SIDE, SIDE, 3, PIXEL_U8, true, NULL}};
    *opened = r;
    return ST_OK;
}

static status next(void *opened, void *pixels, int64_t *label)
{
    record_file *r = opened;
    uint64_t sample = r->position;
    unsigned char record[RECORD], *to = pixels;
    TRY(record_file_next(r, record));
    CHECK(record[0] < CLASSES, ST_BAD_DATA,
          "%s: sample %llu has label %d, CIFAR-10 has 0 to %d: this is another kind of file",
          r->path, (unsigned long long)sample, record[0], CLASSES - 1);
    *label = record[0];
    for (int i = 0; i < PLANE; i++)
        for (int c = 0; c < 3; c++)
            *to++ = record[1 + c * PLANE + i];
    return ST_OK;
}

const format_type format_cifar10 = {
    .name = "cifar10",
    .help = "CIFAR-10, binary version: data_batch_*.bin, test_batch.bin",
    .split = split,
    .probe = probe,
    .open = open_reader,
    .next = next,
    .close = close_reader,
};
