// io/shards/shard_axes.c -- letters to axes, and what makes hardly an image.
#include "io/shards/shard_axes.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define LEAST_SIDE                                                                                 \
    5 // pixels: what is smaller is more likely channels, or one axis taken for another

static const char axis_letters[] = "NHWC"; // AXIS_...

// Orders in which people keep images, by the number of sizes; those first are taken or proposed
// first.
static const char *const usual_orders[] = {"NHWC", "NCHW", "HWCN", "CHWN", "NHW",
                                           "HWC",  "CHW",  "HWN",  "HW"};

static uint64_t size_of(const char *letters, const array_shape *shape, int axis)
{
    const char *at = strchr(letters, axis_letters[axis]);
    return at != NULL ? shape->dims[at - letters] : 1;
}

static bool plausible(const char *letters, const array_shape *shape)
{
    uint64_t height = size_of(letters, shape, AXIS_H), width = size_of(letters, shape, AXIS_W);
    uint64_t channels = size_of(letters, shape, AXIS_C);
    return height >= LEAST_SIDE && width >= LEAST_SIDE && channels <= height && channels > 0 &&
           channels <= DATASET_MAX_CHANNELS;
}

// The first usual order that makes images of the array; NULL: none does.
static const char *likely_order(const array_shape *shape)
{
    for (size_t i = 0; i < sizeof usual_orders / sizeof *usual_orders; i++)
        if ((int)strlen(usual_orders[i]) == shape->rank && plausible(usual_orders[i], shape))
            return usual_orders[i];
    return NULL;
}

// Capitals; an order that is usual where none is given.
static status read_letters(const char *given, const array_shape *shape, char letters[5])
{
    static const char *const orders[] = {[2] = "HW", [3] = "NHW", [4] = "NHWC"};
    int seen[4] = {0};
    if (given[0] == '\0' || strcmp(given, "auto") == 0) {
        snprintf(letters, 5, "%s", orders[shape->rank]);
        return ST_OK;
    }
    size_t length = strlen(given);
    bool good = length <= 4;
    for (size_t i = 0; i <= length && good; i++) {
        letters[i] = (char)toupper((unsigned char)given[i]);
        const char *at = i < length ? strchr(axis_letters, letters[i]) : axis_letters;
        good = at != NULL && (i == length || seen[at - axis_letters]++ == 0);
    }
    CHECK(good && seen[AXIS_H] == 1 && seen[AXIS_W] == 1, ST_CONFIG,
          "axes \"%s\": an order of the four letters NHWC is expected, without N where a file is "
          "one image, without C for one channel, or auto",
          given);
    return ST_OK;
}

// "; data.axes=NCHW would make 100 images of 32 x 32 pixels with 3 channels", or nothing.
static const char *propose(const char *order, const array_shape *shape, char text[160])
{
    text[0] = '\0';
    if (order != NULL)
        snprintf(text, 160,
                 "; data.axes=%s would make %" PRIu64 " of %" PRIu64 " x %" PRIu64 " with %" PRIu64,
                 order, size_of(order, shape, AXIS_N), size_of(order, shape, AXIS_H),
                 size_of(order, shape, AXIS_W), size_of(order, shape, AXIS_C));
    return text;
}

static status check_sizes(const shard_layout *l, const char *letters, const char *images,
                          const array_shape *shape)
{
    char proposal[160];
    uint64_t count = size_of(letters, shape, AXIS_N), height = size_of(letters, shape, AXIS_H);
    uint64_t width = size_of(letters, shape, AXIS_W), channels = size_of(letters, shape, AXIS_C);
    CHECK(channels >= 1 && channels <= DATASET_MAX_CHANNELS && count > 0 && height > 0 &&
              width > 0 && height <= 65536 && width <= 65536,
          ST_BAD_DATA,
          "%s: images \"%s\" are %s; with axes \"%s\" this makes %" PRIu64 " images of %" PRIu64
          " x %" PRIu64 " with %" PRIu64 " channels: 1 .. %d channels and at least one image are "
          "expected, is the order of axes right?%s",
          l->path, images, shape->text, letters, count, height, width, channels,
          DATASET_MAX_CHANNELS, propose(likely_order(shape), shape, proposal));
    return ST_OK;
}

// Only an order that nobody has given is asked about.
static status ask(const shard_layout *l, const char *letters, const char *images,
                  const array_shape *shape)
{
    char proposal[160];
    CHECK(plausible(letters, shape), ST_CONFIG,
          "%s: images \"%s\" are %s, which as %s makes %" PRIu64 " images of %" PRIu64 " x %" PRIu64
          " pixels with %" PRIu64 " channels; that is hardly meant%s; if it is, say "
          "data.axes=%s",
          l->path, images, shape->text, letters, size_of(letters, shape, AXIS_N),
          size_of(letters, shape, AXIS_H), size_of(letters, shape, AXIS_W),
          size_of(letters, shape, AXIS_C), propose(likely_order(shape), shape, proposal), letters);
    return ST_OK;
}

status shard_axes_choose(shard_layout *l, const char *given, const char *images, bool certain,
                         const array_shape *shape)
{
    char letters[5] = "";
    bool open = given[0] == '\0' || strcmp(given, "auto") == 0;
    CHECK(shape->rank >= 2 && shape->rank <= 4, ST_BAD_DATA,
          "%s: images \"%s\" are %s; two to four sizes are expected: HW, NHW or NHWC in any order",
          l->path, images, shape->text);
    TRY(read_letters(given, shape, letters));
    char proposal[160];
    CHECK((int)strlen(letters) == shape->rank, ST_BAD_DATA,
          "%s: images \"%s\" are %s, which does not fit axes \"%s\" (%d sizes)%s", l->path, images,
          shape->text, given, shape->rank, propose(likely_order(shape), shape, proposal));
    TRY(check_sizes(l, letters, images, shape));
    if (open && !certain) TRY(ask(l, letters, images, shape));
    l->rank = shape->rank;
    for (int i = 0; i < l->rank; i++)
        l->axes[i] = (int)(strchr(axis_letters, letters[i]) - axis_letters);
    snprintf(l->letters, sizeof l->letters, "%s", letters);
    l->count = size_of(letters, shape, AXIS_N);
    l->height = (int)size_of(letters, shape, AXIS_H);
    l->width = (int)size_of(letters, shape, AXIS_W);
    l->channels = (int)size_of(letters, shape, AXIS_C);
    return ST_OK;
}

const char *shard_axes_likely(const shard_layout *l)
{
    uint64_t dims[4];
    shard_dims(l, l->count, dims);
    array_shape shape = {.rank = l->rank};
    memcpy(shape.dims, dims, sizeof shape.dims);
    return plausible(l->letters, &shape) ? NULL : likely_order(&shape);
}
