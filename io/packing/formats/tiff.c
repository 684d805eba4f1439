// io/packing/formats/tiff.c -- stacks of TIFF images, of any number and type of channels: each is a
// sample, stored as it is. Smaller copies of an image (pyramids) are no samples.
#include "base/input.h"
#include "io/images/image_orientation.h"
#include "io/images/pixels.h"
#include "io/images/tiff_reader.h"
#include "io/packing/format.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct stack_reader {
    char *path;
    tiff_reader tiff;
    tiff_scratch scratch;
    uint64_t position, count; // images
    image_header header;      // of all, as stored
    void *stored;             // one image before it is turned
} stack_reader;

static const char *split(const char *name)
{
    (void)name; // a folder of them is a folder of images
    return NULL;
}

static bool probe(const char *path)
{
    static const char *const beginnings[] = {"II*", "MM\0*", "II+", "MM\0+"};
    char bytes[4] = "";
    size_t got = 0;
    int file;
    bool found = false;
    if (input_open(&file, path) == ST_OK) {
        if (input_read(file, path, 0, bytes, sizeof bytes, &got) != ST_OK) got = 0;
        close(file);
    }
    status_clear(); // whoever reads it will tell
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        found = found || (got == sizeof bytes && memcmp(bytes, beginnings[i], sizeof bytes) == 0);
    return found;
}

static void close_reader(void *opened)
{
    stack_reader *r = opened;
    tiff_reader_close(&r->tiff);
    free(r->scratch.piece.data);
    free(r->scratch.numbers.data);
    free(r->stored);
    free(r->path);
    free(r);
}

static bool same_header(const image_header *a, const image_header *b)
{
    return a->height == b->height && a->width == b->width && a->channels == b->channels &&
           a->type == b->type && a->orientation == b->orientation;
}

// All headers, of which the first is kept: a stack is one array.
static status count_images(stack_reader *r)
{
    bool more = true;
    TRY(tiff_reader_look(&r->tiff, &r->header));
    while (more) {
        image_header next;
        TRY(tiff_reader_look(&r->tiff, &next));
        CHECK(
            same_header(&next, &r->header), ST_BAD_DATA,
            "%s: image %llu has %d x %d pixels of %d channels, but the first has %d x %d of %d, or "
            "other numbers: pack images that differ from a folder, one a file",
            r->path, (unsigned long long)r->count, next.height, next.width, next.channels,
            r->header.height, r->header.width, r->header.channels);
        r->count++;
        TRY(tiff_reader_next(&r->tiff, &more));
    }
    tiff_reader_close(&r->tiff);
    return tiff_reader_open_file(&r->tiff, r->path, &r->scratch); // from the first again
}

static size_t image_bytes(const image_header *h)
{
    return (size_t)h->height * (size_t)h->width * (size_t)h->channels * pixel_bytes(h->type);
}

static status open_stack(stack_reader *r, const char *path, format_info *info)
{
    r->path = strdup(path);
    CHECK(r->path != NULL, ST_INTERNAL, "no memory to read \"%s\"", path);
    TRY(tiff_reader_open_file(&r->tiff, r->path, &r->scratch));
    TRY(count_images(r));
    const image_header *h = &r->header;
    bool swaps = orientation_swaps(h->orientation);
    if (h->orientation != 1) {
        r->stored = malloc(image_bytes(h));
        CHECK(r->stored != NULL, ST_INTERNAL, "no memory to read \"%s\"", path);
    }
    *info = (format_info){.count = r->count,
                          .shape = {.height = swaps ? h->width : h->height,
                                    .width = swaps ? h->height : h->width,
                                    .channels = h->channels,
                                    .type = h->type}};
    return ST_OK;
}

static status open_reader(void **opened, const char *path, const format_hints *hints,
                          format_info *info)
{
    (void)hints;
    stack_reader *r = calloc(1, sizeof *r);
    CHECK(r != NULL, ST_INTERNAL, "no memory to read \"%s\"", path);
    status s = open_stack(r, path, info);
    if (s != ST_OK) {
        close_reader(r);
        return s;
    }
    *opened = r;
    return ST_OK;
}

static status next(void *opened, void *pixels, int64_t labels[2])
{
    stack_reader *r = opened;
    const image_header *h = &r->header;
    bool more = true;
    labels[0] = -1;
    if (r->position > 0) TRY(tiff_reader_next(&r->tiff, &more));
    CHECK(more, ST_BAD_DATA, "%s: changed while it was read", r->path);
    TRY(tiff_reader_decode(&r->tiff, h, false, r->stored != NULL ? r->stored : pixels));
    if (r->stored != NULL)
        orientation_turn(h->orientation, h->height, h->width,
                         (size_t)h->channels * pixel_bytes(h->type), r->stored, pixels);
    CHECK(h->type != PIXEL_F32 || pixels_finite(pixels, image_bytes(h) / sizeof(float)),
          ST_BAD_DATA, "%s: image %llu holds NaN or infinite values: replace or remove them",
          r->path, (unsigned long long)r->position);
    r->position++;
    return ST_OK;
}

const format_type format_tiff = {
    .name = "tiff",
    .help = "stacks of TIFF images",
    .split = split,
    .probe = probe,
    .open = open_reader,
    .next = next,
    .close = close_reader,
};
