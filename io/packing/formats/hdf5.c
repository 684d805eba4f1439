// io/packing/formats/hdf5.c -- images in somebody's HDF5 file, in any form that a data set may
// have: shards hold them one after the other, checked by checksums, where chunks had to be unpacked
// for each.
#include "base/input.h"
#include "io/packing/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct hdf5_reader {
    dataset *data;
    uint64_t next;
    char *class_names; // NULL: numbers alone
} hdf5_reader;

static const char *split(const char *name)
{
    (void)name; // who packs a folder of them names the files
    return NULL;
}

// The signature stands at byte 0, 512, 1024, 2048 and so on; what is before it belongs to the user.
static bool probe(const char *path)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    int file;
    bool found = false, more = input_open(&file, path) == ST_OK;
    if (!more) status_clear(); // whoever reads it will tell
    for (uint64_t at = 0; more && !found; at = at == 0 ? 512 : 2 * at) {
        unsigned char bytes[8] = {0};
        size_t got = 0;
        more =
            input_read(file, path, at, bytes, sizeof bytes, &got) == ST_OK && got == sizeof bytes;
        found = more && memcmp(bytes, signature, sizeof signature) == 0;
        if (!more) close(file);
    }
    if (more) close(file);
    status_clear();
    return found;
}

static void close_reader(void *opened)
{
    hdf5_reader *r = opened;
    dataset_close(r->data);
    free(r->class_names);
    free(r);
}

// One name a line.
static status join_names(hdf5_reader *r, const char *path, int classes)
{
    size_t size = 1;
    for (int i = 0; i < classes; i++) {
        const char *name = dataset_class_name(r->data, i);
        if (name == NULL) return ST_OK;
        CHECK(strchr(name, '\n') == NULL, ST_BAD_DATA,
              "%s: the name of class %d has two lines, shards hold one a class", path, i);
        size += strlen(name) + 1;
    }
    r->class_names = calloc(size, 1);
    CHECK(r->class_names != NULL, ST_INTERNAL, "no memory for names of classes");
    for (int i = 0, used = 0; i < classes; i++)
        used += snprintf(r->class_names + used, size - (size_t)used, "%s%s", i > 0 ? "\n" : "",
                         dataset_class_name(r->data, i));
    return ST_OK;
}

static status open_file(hdf5_reader *r, const char *path, const format_hints *hints,
                        format_info *info)
{
    const dataset_source source = {.files = path,
                                   .images = hints->images != NULL ? hints->images : SHARD_IMAGES,
                                   .labels = hints->labels != NULL ? hints->labels : SHARD_LABELS,
                                   .axes = hints->axes != NULL ? hints->axes : "auto",
                                   .nan = hints->nan};
    TRY(dataset_open(&r->data, &source));
    const dataset_info *stored = dataset_get_info(r->data);
    CHECK(stored->axes[0] != '\0', ST_BAD_DATA,
          "%s: holds JPEG, PNG or TIFF images: it is read one by one as it is", path);
    if (stored->labelled && stored->classes > 0) TRY(join_names(r, path, stored->classes));
    *info = (format_info){.count = stored->count,
                          .shape = {.height = stored->height,
                                    .width = stored->width,
                                    .channels = stored->channels,
                                    .type = stored->type,
                                    .labelled = stored->labelled,
                                    .class_names = r->class_names}};
    return ST_OK;
}

static status open_reader(void **opened, const char *path, const format_hints *hints,
                          format_info *info)
{
    hdf5_reader *r = calloc(1, sizeof *r);
    CHECK(r != NULL, ST_INTERNAL, "no memory to read \"%s\"", path);
    status s = open_file(r, path, hints, info);
    if (s != ST_OK) {
        close_reader(r);
        return s;
    }
    *opened = r;
    return ST_OK;
}

static status next(void *opened, void *pixels, int64_t labels[2])
{
    hdf5_reader *r = opened;
    uint64_t index = r->next++;
    labels[0] = -1;
    if (dataset_get_info(r->data)->labelled) TRY(dataset_read_labels(r->data, index, 1, labels));
    return dataset_read(r->data, index, pixels);
}

const format_type format_hdf5 = {
    .name = "hdf5",
    .help = "HDF5 files of images",
    .split = split,
    .probe = probe,
    .open = open_reader,
    .next = next,
    .close = close_reader,
};
