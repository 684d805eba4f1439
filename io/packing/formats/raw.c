// io/packing/formats/raw.c -- bare numbers: no header, one sample after the other as (height,
// width, channels). The layout is the caller's word, TYPE:HxWxC with TYPE u8, u16le, u16be, f32le
// or f32be.
#include "io/packing/format.h"
#include "io/images/numbers.h"
#include "io/images/pixels.h"
#include "io/files/record_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_SIDE 16384

typedef struct raw_reader {
    record_file samples;
    sample_shape shape;
    bool swapped;
} raw_reader;

static const struct {
    const char *name;
    pixel_type type;
    int byte_order;
} raw_types[] = {{"u8", PIXEL_U8, __BYTE_ORDER__},
                 {"u16le", PIXEL_U16, __ORDER_LITTLE_ENDIAN__},
                 {"u16be", PIXEL_U16, __ORDER_BIG_ENDIAN__},
                 {"f32le", PIXEL_F32, __ORDER_LITTLE_ENDIAN__},
                 {"f32be", PIXEL_F32, __ORDER_BIG_ENDIAN__}};

static const char *split(const char *name)
{
    (void)name;
    return NULL;
}

// Any bytes are numbers: only on request.
static bool probe(const char *path)
{
    (void)path;
    return false;
}

static void close_reader(void *opened)
{
    raw_reader *r = opened;
    record_file_close(&r->samples);
    free(r);
}

// TYPE of "TYPE:..."; *rest is what follows the colon. False when it is none.
static bool read_type(raw_reader *r, const char *layout, const char **rest)
{
    const char *colon = strchr(layout, ':');
    if (colon == NULL) return false;
    size_t length = (size_t)(colon - layout);
    for (size_t i = 0; i < sizeof raw_types / sizeof *raw_types; i++) {
        if (strlen(raw_types[i].name) != length || strncmp(layout, raw_types[i].name, length) != 0)
            continue;
        r->shape.type = raw_types[i].type;
        r->swapped = raw_types[i].byte_order != __BYTE_ORDER__;
        *rest = colon + 1;
        return true;
    }
    return false;
}

// A number of 1 .. largest and the character after it; *text is moved behind both.
static bool read_number(const char **text, int largest, char after, int *number)
{
    char *end;
    if (**text < '0' || **text > '9') return false;
    errno = 0;
    long value = strtol(*text, &end, 10);
    if (errno != 0 || value < 1 || value > largest || *end != after) return false;
    *number = (int)value;
    *text = end + 1;
    return true;
}

static status read_layout(raw_reader *r, const char *layout)
{
    const char *rest;
    sample_shape *shape = &r->shape;
    CHECK(read_type(r, layout, &rest) && read_number(&rest, LARGEST_SIDE, 'x', &shape->height) &&
              read_number(&rest, LARGEST_SIDE, 'x', &shape->width) &&
              read_number(&rest, DATASET_MAX_CHANNELS, '\0', &shape->channels),
          ST_USAGE,
          "\"%s\" is no layout of raw files: give TYPE:HEIGHTxWIDTHxCHANNELS with type u8, u16le, "
          "u16be, f32le or f32be, sides of at most %d and at most %d channels, as in "
          "f32be:512x512x1",
          layout, LARGEST_SIDE, DATASET_MAX_CHANNELS);
    return ST_OK;
}

static status open_file(raw_reader *r, const char *path, const char *layout)
{
    char what[128];
    TRY(read_layout(r, layout));
    snprintf(what, sizeof what, "a sample of %s", layout);
    return record_file_open(&r->samples, path, sample_bytes(&r->shape), what);
}

static status open_reader(void **opened, const char *path, const format_hints *hints,
                          format_info *info)
{
    raw_reader *r = calloc(1, sizeof *r);
    CHECK(r != NULL, ST_INTERNAL, "no memory to read \"%s\"", path);
    status s = open_file(r, path, hints->raw);
    if (s != ST_OK) {
        close_reader(r);
        return s;
    }
    *info = (format_info){r->samples.count, r->shape};
    *opened = r;
    return ST_OK;
}

static status next(void *opened, void *pixels, int64_t *labels)
{
    raw_reader *r = opened;
    size_t bytes = sample_bytes(&r->shape), count = bytes / pixel_bytes(r->shape.type);
    uint64_t sample = r->samples.position;
    TRY(record_file_next(&r->samples, pixels));
    if (r->swapped) numbers_swap(pixels, pixel_bytes(r->shape.type), count);
    CHECK(r->shape.type != PIXEL_F32 || pixels_finite(pixels, count), ST_BAD_DATA,
          "%s: sample %llu holds NaN or infinite values: is it of this type and byte order?",
          r->samples.path, (unsigned long long)sample);
    labels[0] = -1;
    return ST_OK;
}

const format_type format_raw = {
    .name = "raw",
    .help = "any name, with --raw TYPE:HxWxC",
    .split = split,
    .probe = probe,
    .open = open_reader,
    .next = next,
    .close = close_reader,
};
