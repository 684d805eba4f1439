// io/views/window.c -- integers to 0..1 and pixels (H, W, C) to planes (C, H, W), row by row.
#include "io/views/window.h"

#include "io/images/colour_row.h"
#include "io/images/pixels.h"

#include <string.h>

#define BLOCK 32 // pixels converted at once; a row's last ones again, rather than one by one

// convert_<name>: `count` pixels to rows (channels, stride). The usual numbers of channels are
// constants in the innermost function, so that the compiler takes a pixel's channels out of
// registers.
#define CONVERT(name, type, one)                                                                   \
    static inline __attribute__((always_inline)) void part_##name(                                 \
        const type *restrict pixels, int channels, int count, float *restrict rows, size_t stride) \
    {                                                                                              \
        for (int i = 0; i < count; i++)                                                            \
            for (int c = 0; c < channels; c++)                                                     \
                rows[(size_t)c * stride + (size_t)i] = (float)pixels[i * channels + c] / (one);    \
    }                                                                                              \
    static inline __attribute__((always_inline)) void row_##name(                                  \
        const type *pixels, int channels, int count, float *rows, size_t stride)                   \
    {                                                                                              \
        if (count < BLOCK) part_##name(pixels, channels, count, rows, stride);                     \
        for (int i = 0; count >= BLOCK && i < count; i += BLOCK) {                                 \
            size_t first = (size_t)(i + BLOCK <= count ? i : count - BLOCK);                       \
            part_##name(pixels + first * (size_t)channels, channels, BLOCK, rows + first, stride); \
        }                                                                                          \
    }                                                                                              \
    static void convert_##name(const type *pixels, int channels, int count, float *rows,           \
                               size_t stride)                                                      \
    {                                                                                              \
        if (channels == 1)                                                                         \
            row_##name(pixels, 1, count, rows, stride);                                            \
        else if (channels == 3)                                                                    \
            row_##name(pixels, 3, count, rows, stride);                                            \
        else                                                                                       \
            row_##name(pixels, channels, count, rows, stride);                                     \
    }
CONVERT(bytes, uint8_t, 255.0f)
CONVERT(words, uint16_t, 65535.0f)
CONVERT(reals, float, 1.0f)

static void to_range(const image *in, int count, float *rows, size_t stride)
{
    float low = in->low, factor = in->factor;
    for (int c = 0; c < in->channels; c++)
        for (int i = 0; i < count; i++)
            rows[(size_t)c * stride + (size_t)i] =
                (rows[(size_t)c * stride + (size_t)i] - low) * factor;
}

void window_row(const image *in, int y, int x, int count, float *rows, size_t stride)
{
    int channels = in->channels;
    size_t at = (size_t)y * (size_t)in->width + (size_t)x;
    if (in->planes != NULL) {
        size_t plane = (size_t)in->height * (size_t)in->width;
        for (int c = 0; c < channels; c++)
            memcpy(rows + (size_t)c * stride, in->planes + (size_t)c * plane + at,
                   (size_t)count * sizeof *rows);
        return;
    }
    at *= (size_t)channels;
    switch (in->type) {
    case PIXEL_U8:
        if (channels != 3 || !colour_row((const uint8_t *)in->pixels + at, count, rows, stride))
            convert_bytes((const uint8_t *)in->pixels + at, channels, count, rows, stride);
        break;
    case PIXEL_U16:
        convert_words((const uint16_t *)in->pixels + at, channels, count, rows, stride);
        break;
    case PIXEL_F32:
        convert_reals((const float *)in->pixels + at, channels, count, rows, stride);
    }
    if (in->factor != 0.0f) to_range(in, count, rows, stride);
}

void window_planes(const image *in, int top, int left, const image *out)
{
    size_t plane = (size_t)out->height * (size_t)out->width;
    for (int y = 0; y < out->height; y++)
        window_row(in, top + y, left, out->width, out->planes + (size_t)y * (size_t)out->width,
                   plane);
}
