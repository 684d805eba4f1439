// io/formats/cifar10.c -- CIFAR-10's binary files: records of 3073 bytes, no header.
//   label (0-9), 1024 bytes red, 1024 green, 1024 blue; each 32 x 32, row by row
//   source: Krizhevsky 2009, "Learning multiple layers of features from tiny images"
#include "io/format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SIDE    32
#define PLANE   (SIDE * SIDE)
#define RECORD  (1 + 3 * PLANE)
#define CLASSES 10

typedef struct cifar_reader {
    FILE *file;
    char *path;
    uint64_t position, count; // samples
} cifar_reader;

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
    cifar_reader *r = opened;
    if (r->file != NULL) (void)fclose(r->file); // only read from
    free(r->path);
    free(r);
}

static status open_file(cifar_reader *r, const char *path)
{
    struct stat about;
    r->path = strdup(path);
    CHECK(r->path != NULL, ST_INTERNAL, "no memory to read \"%s\"", path);
    r->file = fopen(path, "rb");
    CHECK(r->file != NULL, errno == ENOENT ? ST_NO_INPUT : ST_IO, "%s: cannot be opened: %s", path,
          strerror(errno));
    CHECK(fstat(fileno(r->file), &about) == 0, ST_IO, "%s: %s", path, strerror(errno));
    CHECK(about.st_size > 0 && about.st_size % RECORD == 0, ST_BAD_DATA,
          "%s: a CIFAR-10 file is a multiple of %d bytes, this one has %lld: it is truncated "
          "or something else",
          path, RECORD, (long long)about.st_size);
    r->count = (uint64_t)about.st_size / RECORD;
    return ST_OK;
}

static status open_reader(void **opened, const char *path, const char *layout, format_info *info)
{
    (void)layout;
    cifar_reader *r = calloc(1, sizeof *r);
    CHECK(r != NULL, ST_INTERNAL, "no memory to read \"%s\"", path);
    status s = open_file(r, path);
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
    cifar_reader *r = opened;
    unsigned char record[RECORD], *to = pixels;
    CHECK(fread(record, RECORD, 1, r->file) == 1, ferror(r->file) ? ST_IO : ST_BAD_DATA,
          "%s: ends in the middle of sample %llu", r->path, (unsigned long long)r->position);
    CHECK(record[0] < CLASSES, ST_BAD_DATA,
          "%s: sample %llu has label %d, CIFAR-10 has 0 to %d: this is another kind of file",
          r->path, (unsigned long long)r->position, record[0], CLASSES - 1);
    *label = record[0];
    for (int i = 0; i < PLANE; i++)
        for (int c = 0; c < 3; c++)
            *to++ = record[1 + c * PLANE + i];
    r->position++;
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
