// io/packing/formats/idx.c -- idx files of MNIST and its kin, plain or gzip.
//   images  0x00 0x00 0x08 0x03, count, rows, columns (big-endian 32 bits), then uint8 pixels
//   labels  0x00 0x00 0x08 0x01, count, then uint8 labels
// The labels of NAME-images-idx3-ubyte[.gz] stand in NAME-labels-idx1-ubyte[.gz] beside it.
//   source: LeCun, Cortes, Burges: the description on the MNIST page
#include "io/packing/format.h"

#include "base/input.h"
#include "base/log.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define MAGIC_IMAGES 0x00000803u
#define MAGIC_LABELS 0x00000801u
#define IMAGES_MARK  "-images-idx3-ubyte"
#define LABELS_MARK  "-labels-idx1-ubyte"

typedef struct idx_reader {
    gzFile images, labels; // labels NULL: none
    char images_path[PATH_MAX], labels_path[PATH_MAX];
    size_t sample_bytes;
    uint64_t position, count; // samples
} idx_reader;

static const char *split(const char *name)
{
    const char *mark = strstr(name, IMAGES_MARK);
    if (mark == NULL) return NULL;
    const char *rest = mark + strlen(IMAGES_MARK);
    if (rest[0] != '\0' && strcmp(rest, ".gz") != 0) return NULL;
    return strncmp(name, "t10k", 4) == 0 || strncmp(name, "test", 4) == 0 ? "test" : "train";
}

static status read_exactly(gzFile file, const char *path, void *to, size_t bytes)
{
    int problem = Z_OK, got = gzread(file, to, (unsigned)bytes);
    const char *reason = gzerror(file, &problem);
    CHECK(problem != Z_ERRNO, ST_IO, "%s: reading failed: %s", path, reason);
    CHECK(problem == Z_OK || problem == Z_BUF_ERROR, ST_BAD_DATA, "%s: broken gzip data: %s", path,
          reason);
    CHECK(got >= 0 && (size_t)got == bytes, ST_BAD_DATA,
          "%s: the file ends too early: it is truncated", path);
    return ST_OK;
}

static status check_end(gzFile file, const char *path)
{
    char byte;
    CHECK(gzread(file, &byte, 1) == 0, ST_BAD_DATA, "%s: there is more data than its header says",
          path);
    return ST_OK;
}

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// Plain files, too.
static status open_gzip(gzFile *file, const char *path)
{
    int descriptor;
    TRY(input_open(&descriptor, path));
    *file = gzdopen(descriptor, "rb");
    if (*file != NULL) return ST_OK;
    close(descriptor);
    return failure(ST_INTERNAL, "no memory to read \"%s\"", path);
}

// Opens and reads `words` words of header, of which the first must be `magic`.
static status open_file(gzFile *file, const char *path, uint32_t magic, int words,
                        uint32_t header[4])
{
    unsigned char bytes[16];
    TRY(open_gzip(file, path));
    TRY(read_exactly(*file, path, bytes, 4 * (size_t)words));
    for (int i = 0; i < words; i++)
        header[i] = big_endian(bytes + 4 * (size_t)i);
    CHECK(header[0] == magic, ST_BAD_DATA,
          "%s: expected an idx file of %s (magic number 0x%08x), got 0x%08x", path,
          magic == MAGIC_IMAGES ? "images" : "labels", magic, header[0]);
    return ST_OK;
}

// Replaces the mark in the images' name; tries with and without ".gz". "" when there is none.
static void find_labels(const char *images, char path[PATH_MAX])
{
    path[0] = '\0';
    const char *slash = strrchr(images, '/');
    const char *mark = strstr(slash == NULL ? images : slash, IMAGES_MARK);
    if (mark == NULL) return;
    static const char *const ends[] = {"", ".gz"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, PATH_MAX, "%.*s%s%s", (int)(mark - images), images, LABELS_MARK, ends[i]);
        if (access(path, F_OK) == 0) return;
    }
    path[0] = '\0';
}

static bool probe(const char *path)
{
    unsigned char bytes[4] = {0};
    gzFile file;
    if (open_gzip(&file, path) != ST_OK) {
        status_clear();
        return false;
    }
    int got = gzread(file, bytes, sizeof bytes);
    gzclose(file);
    uint32_t magic = big_endian(bytes);
    return got == sizeof bytes && (magic == MAGIC_IMAGES || magic == MAGIC_LABELS);
}

static void close_reader(void *opened)
{
    idx_reader *r = opened;
    if (r->images != NULL) gzclose(r->images);
    if (r->labels != NULL) gzclose(r->labels);
    free(r);
}

static status open_labels(idx_reader *r)
{
    uint32_t header[4] = {0};
    find_labels(r->images_path, r->labels_path);
    if (r->labels_path[0] == '\0') {
        log_warn("%s: no file of labels beside it, packed without labels", r->images_path);
        return ST_OK;
    }
    TRY(open_file(&r->labels, r->labels_path, MAGIC_LABELS, 2, header));
    CHECK(header[1] == r->count, ST_BAD_DATA, "\"%s\" has %u labels for the %llu images of \"%s\"",
          r->labels_path, header[1], (unsigned long long)r->count, r->images_path);
    return ST_OK;
}

static status open_both(idx_reader *r, const char *path, format_info *info)
{
    uint32_t header[4] = {0};
    CHECK(strlen(path) < PATH_MAX - 8, ST_IO, "%s: this path is too long", path);
    snprintf(r->images_path, sizeof r->images_path, "%s", path);
    TRY(open_file(&r->images, path, MAGIC_IMAGES, 4, header));
    CHECK(header[1] > 0 && header[2] > 0 && header[3] > 0 && header[2] <= 65536 &&
              header[3] <= 65536,
          ST_BAD_DATA, "%s: its header says %u images of %u x %u pixels", path, header[1],
          header[2], header[3]);
    r->count = header[1];
    TRY(open_labels(r));
    sample_shape shape = {.height = (int)header[2],
                          .width = (int)header[3],
                          .channels = 1,
                          .type = PIXEL_U8,
                          .labelled = r->labels != NULL};
    r->sample_bytes = sample_bytes(&shape);
    *info = (format_info){r->count, shape};
    return ST_OK;
}

static status open_reader(void **opened, const char *path, const format_hints *hints,
                          format_info *info)
{
    (void)hints;
    idx_reader *r = calloc(1, sizeof *r);
    CHECK(r != NULL, ST_INTERNAL, "no memory to read \"%s\"", path);
    status s = open_both(r, path, info);
    if (s != ST_OK) {
        close_reader(r);
        return s;
    }
    *opened = r;
    return ST_OK;
}

static status next(void *opened, void *pixels, int64_t *labels)
{
    idx_reader *r = opened;
    unsigned char byte;
    labels[0] = -1;
    TRY(read_exactly(r->images, r->images_path, pixels, r->sample_bytes));
    if (r->labels != NULL) {
        TRY(read_exactly(r->labels, r->labels_path, &byte, 1));
        labels[0] = byte;
    }
    if (++r->position < r->count) return ST_OK;
    TRY(check_end(r->images, r->images_path));
    return r->labels != NULL ? check_end(r->labels, r->labels_path) : ST_OK;
}

const format_type format_idx = {
    .name = "idx",
    .help = "MNIST and its kin: *-images-idx3-ubyte[.gz] with *-labels-idx1-ubyte[.gz] beside it",
    .split = split,
    .probe = probe,
    .open = open_reader,
    .next = next,
    .close = close_reader,
};
