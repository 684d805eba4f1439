// io/colour.c -- see colour.h.
#include "io/colour.h"

void colour_change_brightness(const image *x, float factor)
{
    int count = 3 * x->height * x->width;
    for (int i = 0; i < count; i++)
        x->planes[i] = colour_clamp(factor * x->planes[i]);
}

#define LANES 16 // partial sums side by side, so that the order of additions is fixed

static float mean_grey(const image *x)
{
    int count = x->height * x->width, whole = count / LANES * LANES;
    const float *red = x->planes, *green = red + count, *blue = green + count;
    float sums[LANES] = {0};
    for (int i = 0; i < whole; i += LANES)
        for (int lane = 0; lane < LANES; lane++)
            sums[lane] += colour_grey(red[i + lane], green[i + lane], blue[i + lane]);
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++)
        sum += (double)sums[lane];
    for (int i = whole; i < count; i++)
        sum += (double)colour_grey(red[i], green[i], blue[i]);
    return (float)(sum / count);
}

void colour_change_contrast(const image *x, float factor)
{
    float constant = (1.0f - factor) * mean_grey(x);
    int count = 3 * x->height * x->width;
    for (int i = 0; i < count; i++)
        x->planes[i] = colour_clamp(factor * x->planes[i] + constant);
}

void colour_change_saturation(const image *x, float factor)
{
    int count = x->height * x->width;
    float *red = x->planes, *green = red + count, *blue = green + count;
    for (int i = 0; i < count; i++) {
        float grey = (1.0f - factor) * colour_grey(red[i], green[i], blue[i]);
        red[i] = colour_clamp(factor * red[i] + grey);
        green[i] = colour_clamp(factor * green[i] + grey);
        blue[i] = colour_clamp(factor * blue[i] + grey);
    }
}

// A channel of the colour with this hue (in sixths of the circle, shifted by the channel's 5, 3 or
// 1), value and chroma. The hue is within -6 .. 12.
static inline float channel_of_hue(float hue, float value, float chroma)
{
    hue = hue >= 6.0f ? hue - 6.0f : hue;
    hue = hue < 0.0f ? hue + 6.0f : hue;
    float ramp = 4.0f - hue;
    ramp = hue < ramp ? hue : ramp;
    return value - chroma * colour_clamp(ramp);
}

// Without branches, for the vectoriser. HSV keeps value = max and chroma = max - min, so the hue is
// turned without ever forming the saturation.
void colour_change_hue(const image *x, float shift)
{
    int count = x->height * x->width;
    float *red = x->planes, *green = red + count, *blue = green + count;
    float sixths = 6.0f * shift;
    for (int i = 0; i < count; i++) {
        float r = red[i], g = green[i], b = blue[i];
        float high = r > g ? r : g, low = r < g ? r : g;
        high = high > b ? high : b;
        low = low < b ? low : b;
        float chroma = high - low;
        float inverse = 1.0f / (chroma > 0.0f ? chroma : 1.0f);
        float from_red = (g - b) * inverse, from_green = 2.0f + (b - r) * inverse;
        float from_blue = 4.0f + (r - g) * inverse;
        float hue = high == g ? from_green : from_blue;
        hue = (high == r ? from_red : hue) + sixths; // -4 .. 8
        red[i] = channel_of_hue(hue + 5.0f - 6.0f, high, chroma);
        green[i] = channel_of_hue(hue + 3.0f, high, chroma);
        blue[i] = channel_of_hue(hue + 1.0f, high, chroma);
    }
}
