// io/images/pictures.c -- PNG by libspng, through an atomic file.
#include "io/images/pictures.h"

#include "io/files/atomic_file.h"

#include <errno.h>
#include <math.h>
#include <spng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The PNG file's bytes, to be freed; NULL and *problem on errors.
static void *encode(const picture *p, size_t *size, int *problem)
{
    spng_ctx *encoder = spng_ctx_new(SPNG_CTX_ENCODER);
    *problem = SPNG_EMEM;
    if (encoder == NULL) return NULL;
    struct spng_ihdr header = {
        .width = (uint32_t)p->width,
        .height = (uint32_t)p->height,
        .bit_depth = 8,
        .color_type = p->channels == 3 ? SPNG_COLOR_TYPE_TRUECOLOR : SPNG_COLOR_TYPE_GRAYSCALE,
    };
    size_t bytes = (size_t)p->width * (size_t)p->height * (size_t)p->channels;
    void *png = NULL;
    spng_set_option(encoder, SPNG_ENCODE_TO_BUFFER, 1);
    *problem = spng_set_ihdr(encoder, &header);
    if (*problem == 0)
        *problem = spng_encode_image(encoder, p->pixels, bytes, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
    if (*problem == 0) png = spng_get_png_buffer(encoder, size, problem);
    spng_ctx_free(encoder);
    return png;
}

static status write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *out = fopen(path, "wb");
    CHECK(out != NULL, ST_IO, "%s: cannot be opened to write: %s", path, strerror(errno));
    bool written = fwrite(bytes, 1, size, out) == size;
    int reason = errno;
    bool closed = fclose(out) == 0;
    CHECK(written && closed, ST_IO, "%s: cannot be written: %s", path,
          strerror(written ? errno : reason));
    return ST_OK;
}

status picture_write(const char *path, const picture *p)
{
    size_t size = 0;
    int problem;
    atomic_file file;
    TRY(atomic_file_begin(&file, path));
    void *png = encode(p, &size, &problem);
    CHECK(png != NULL, ST_INTERNAL, "%s: the picture cannot be encoded: %s", path,
          spng_strerror(problem));
    status s = write_bytes(file.temporary, png, size);
    free(png);
    if (s != ST_OK) {
        atomic_file_abandon(&file);
        return s;
    }
    return atomic_file_commit(&file);
}

status sheet_create(picture *sheet, int rows, int columns, const dataset_info *info)
{
    *sheet = (picture){.width = columns * (info->width + 1) - 1,
                       .height = rows * (info->height + 1) - 1,
                       .channels = info->channels == 3 ? 3 : 1};
    sheet->pixels = calloc((size_t)sheet->width * (size_t)sheet->height, (size_t)sheet->channels);
    CHECK(sheet->pixels != NULL, ST_INTERNAL, "no memory for a sheet of %d x %d images", rows,
          columns);
    return ST_OK;
}

// What turns a stored value into 0..255: (value - low) * scale.
static void pixel_range(const dataset_info *info, const void *pixels, float *low, float *scale)
{
    *low = 0.0f;
    *scale = info->type == PIXEL_U16 ? 1.0f / 256.0f : 1.0f;
    if (info->type != PIXEL_F32) return;
    const float *values = pixels;
    float high = values[0];
    *low = values[0];
    for (size_t i = 0; i < info->sample_bytes / sizeof *values; i++) {
        *low = values[i] < *low ? values[i] : *low;
        high = values[i] > high ? values[i] : high;
    }
    *scale = high > *low ? 255.0f / (high - *low) : 0.0f;
}

static float pixel_value(const dataset_info *info, const void *pixels, int i)
{
    switch (info->type) {
    case PIXEL_U8:
        return ((const uint8_t *)pixels)[i];
    case PIXEL_U16:
        return ((const uint16_t *)pixels)[i];
    default:
        return ((const float *)pixels)[i];
    }
}

void sheet_place(picture *sheet, int columns, int index, const dataset_info *info,
                 const void *pixels)
{
    float low, scale;
    int left = index % columns * (info->width + 1), top = index / columns * (info->height + 1);
    ASSERT(top + info->height <= sheet->height);
    pixel_range(info, pixels, &low, &scale);
    for (int y = 0; y < info->height; y++) {
        unsigned char *to =
            sheet->pixels +
            ((size_t)(top + y) * (size_t)sheet->width + (size_t)left) * (size_t)sheet->channels;
        for (int x = 0; x < info->width; x++)
            for (int c = 0; c < sheet->channels; c++) {
                int at = (y * info->width + x) * info->channels + c;
                *to++ = (unsigned char)((pixel_value(info, pixels, at) - low) * scale);
            }
    }
}

#define SEEN_SIDE 64 // pixels that a cell should have, to be seen

// p with each pixel as a square of `factor` x `factor`.
static void enlarge_into(const picture *p, int factor, picture *large)
{
    size_t channels = (size_t)p->channels;
    unsigned char *to = large->pixels;
    for (int y = 0; y < large->height; y++)
        for (int x = 0; x < large->width; x++, to += channels) {
            size_t from = (size_t)(y / factor) * (size_t)p->width + (size_t)(x / factor);
            memcpy(to, p->pixels + from * channels, channels);
        }
}

status sheet_write(const char *path, const picture *sheet, const dataset_info *info)
{
    int side = info->height > info->width ? info->height : info->width;
    int factor = side < SEEN_SIDE ? SEEN_SIDE / side : 1;
    if (factor == 1) return picture_write(path, sheet);
    picture large = {sheet->width * factor, sheet->height * factor, sheet->channels, NULL};
    size_t pixels = (size_t)large.width * (size_t)large.height;
    large.pixels = malloc(pixels * (size_t)large.channels);
    CHECK(large.pixels != NULL, ST_INTERNAL, "no memory for a picture of %d x %d pixels",
          large.width, large.height);
    enlarge_into(sheet, factor, &large);
    status s = picture_write(path, &large);
    picture_free(&large);
    return s;
}

// 127 / largest |value|; 0 for a tile of zeros.
static float tile_scale(const float *tile, int count)
{
    float largest = 0.0f;
    for (int i = 0; i < count; i++)
        largest = fmaxf(largest, fabsf(tile[i]));
    return largest > 0.0f ? 127.0f / largest : 0.0f;
}

static void place_tile(const picture *p, const tile_set *tiles, int index, int enlarge, int left,
                       int top)
{
    int plane = tiles->height * tiles->width, channels = tiles->channels;
    const float *tile = tiles->values + (size_t)index * (size_t)(channels * plane);
    float scale = tile_scale(tile, channels * plane);
    for (int y = 0; y < tiles->height * enlarge; y++) {
        unsigned char *to =
            p->pixels + ((size_t)(top + y) * (size_t)p->width + (size_t)left) * (size_t)channels;
        for (int x = 0; x < tiles->width * enlarge; x++)
            for (int c = 0; c < channels; c++) {
                float value = tile[c * plane + y / enlarge * tiles->width + x / enlarge];
                *to++ = (unsigned char)(128.0f + rintf(scale * value));
            }
    }
}

status picture_tiles(picture *made, const tile_set *tiles, int enlarge)
{
    ASSERT(tiles->count > 0 && (tiles->channels == 1 || tiles->channels == 3) && enlarge > 0);
    int columns = (int)ceil(sqrt(tiles->count)), rows = (tiles->count + columns - 1) / columns;
    int cell_width = tiles->width * enlarge + 1, cell_height = tiles->height * enlarge + 1;
    *made = (picture){.width = columns * cell_width + 1,
                      .height = rows * cell_height + 1,
                      .channels = tiles->channels};
    made->pixels = calloc((size_t)made->width * (size_t)made->height, (size_t)made->channels);
    CHECK(made->pixels != NULL, ST_INTERNAL, "no memory for a picture of %d tiles", tiles->count);
    for (int i = 0; i < tiles->count; i++)
        place_tile(made, tiles, i, enlarge, i % columns * cell_width + 1,
                   i / columns * cell_height + 1);
    return ST_OK;
}

void picture_free(picture *p)
{
    free(p->pixels);
    p->pixels = NULL;
}
