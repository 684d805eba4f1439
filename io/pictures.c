// io/pictures.c -- PNG by libspng, through an atomic file.
#include "io/pictures.h"

#include "io/atomic_file.h"

#include <errno.h>
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

void picture_free(picture *p)
{
    free(p->pixels);
    p->pixels = NULL;
}
