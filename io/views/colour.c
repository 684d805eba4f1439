// io/views/colour.c -- see colour.h.
#include "io/views/colour.h"

#include "base/status.h"

#include <string.h>

colours colours_of(const image *x, int first, int count)
{
    size_t plane = (size_t)x->height * (size_t)x->width;
    float *red = x->planes + first;
    return (colours){red, red + plane, red + 2 * plane, count};
}

// y = clamp(factor x + constant)
static void change_linearly(float *plane, int count, float factor, float constant)
{
    for (int i = 0; i < count; i++)
        plane[i] = colour_clamp(factor * plane[i] + constant);
}

void colour_change_brightness(const colours *x, float factor)
{
    change_linearly(x->red, x->count, factor, 0.0f);
    change_linearly(x->green, x->count, factor, 0.0f);
    change_linearly(x->blue, x->count, factor, 0.0f);
}

void grey_mean_add(grey_mean *m, const colours *x)
{
    int whole = x->count / COLOUR_LANES * COLOUR_LANES;
    const float *red = x->red, *green = x->green, *blue = x->blue;
    float lanes[COLOUR_LANES]; // of its own, so that they stay in a register
    memcpy(lanes, m->lanes, sizeof lanes);
    for (int i = 0; i < whole; i += COLOUR_LANES)
        for (int lane = 0; lane < COLOUR_LANES; lane++)
            lanes[lane] += colour_grey(red[i + lane], green[i + lane], blue[i + lane]);
    memcpy(m->lanes, lanes, sizeof lanes);
    ASSERT(m->rest_count == 0);
    for (int i = whole; i < x->count; i++)
        m->rest[m->rest_count++] = colour_grey(red[i], green[i], blue[i]);
    m->count += x->count;
}

float grey_mean_get(const grey_mean *m)
{
    double sum = 0;
    for (int lane = 0; lane < COLOUR_LANES; lane++)
        sum += (double)m->lanes[lane];
    for (int i = 0; i < m->rest_count; i++)
        sum += (double)m->rest[i];
    return (float)(sum / m->count);
}

void colour_change_contrast(const colours *x, float factor, float mean)
{
    float constant = (1.0f - factor) * mean;
    change_linearly(x->red, x->count, factor, constant);
    change_linearly(x->green, x->count, factor, constant);
    change_linearly(x->blue, x->count, factor, constant);
}

void colour_change_saturation(const colours *x, float factor)
{
    float *red = x->red, *green = x->green, *blue = x->blue;
    for (int i = 0; i < x->count; i++) {
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
void colour_change_hue(const colours *x, float shift)
{
    float *red = x->red, *green = x->green, *blue = x->blue;
    float sixths = 6.0f * shift;
    for (int i = 0; i < x->count; i++) {
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
