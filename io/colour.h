// io/colour.h -- what the colour augmentations share: grey of a colour, and the range of pixels.
#ifndef IO_COLOUR_H
#define IO_COLOUR_H

// Luma of ITU-R BT.601.
static inline float colour_grey(float red, float green, float blue)
{
    return 0.299f * red + 0.587f * green + 0.114f * blue;
}

static inline float colour_clamp(float x)
{
    x = x < 0.0f ? 0.0f : x;
    return x > 1.0f ? 1.0f : x;
}

#endif
