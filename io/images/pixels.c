// io/images/pixels.c -- order of axes, and the search for NaN.
#include "io/images/pixels.h"

#include <string.h>

#define FINITE_BLOCK ((size_t)1024) // pixels

size_t pixel_bytes(pixel_type type)
{
    return type == PIXEL_U8 ? 1 : type == PIXEL_U16 ? 2 : 4;
}

// `bytes` is a constant where this is called, so that each copy is one move.
static inline void arrange(void *to, const void *from, const pixel_strides *strides,
                           const dataset_info *shape, size_t bytes)
{
    size_t height = (size_t)shape->height, width = (size_t)shape->width;
    size_t channels = (size_t)shape->channels;
    char *next = to;
    for (size_t h = 0; h < height; h++)
        for (size_t w = 0; w < width; w++) {
            size_t at = h * strides->height + w * strides->width;
            const char *pixel = (const char *)from + bytes * at;
            for (size_t c = 0; c < channels; c++, next += bytes)
                memcpy(next, pixel + bytes * c * strides->channels, bytes);
        }
}

void pixels_arrange(void *to, const void *from, const pixel_strides *strides,
                    const dataset_info *shape)
{
    size_t channels = (size_t)shape->channels;
    bool in_order = strides->height == (size_t)shape->width * channels &&
                    strides->width == channels && (channels == 1 || strides->channels == 1);
    if (in_order)
        memcpy(to, from, shape->sample_bytes);
    else if (shape->type == PIXEL_U8)
        arrange(to, from, strides, shape, 1);
    else if (shape->type == PIXEL_U16)
        arrange(to, from, strides, shape, 2);
    else
        arrange(to, from, strides, shape, 4);
}

// All of a block at once, so that the compiler takes many side by side.
static bool block_finite(const float *pixels, size_t count)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &pixels[i], sizeof bits);
        bad |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return bad == 0;
}

bool pixels_finite(const float *pixels, size_t count)
{
    for (; count > FINITE_BLOCK; pixels += FINITE_BLOCK, count -= FINITE_BLOCK)
        if (!block_finite(pixels, FINITE_BLOCK)) return false;
    return block_finite(pixels, count);
}
