// io/augments/colour_jitter.c -- brightness, contrast, saturation and hue, changed in random order.
//   brightness  y = f x                       f = U(1 - brightness, 1 + brightness), not below 0
//   contrast    y = f x + (1 - f) m           m = mean grey of the image
//   saturation  y = f x + (1 - f) grey(x)
//   hue         h -> h + U(-hue, hue)         in turns of the HSV circle, value and chroma kept
// Each result is clamped to 0 .. 1. All four together happen with probability p.
//   source: the order and the ranges are torchvision's ColorJitter
#include "io/augment.h"
#include "io/colour.h"

#include <math.h>

typedef struct jitter_config {
    double p, brightness, contrast, saturation, hue;
} jitter_config;

#define FIELD(member) offsetof(jitter_config, member)

static const config_field fields[] = {
    {"p", FIELD_REAL, FIELD(p), "0.8", 0, 1, NULL, "probability"},
    {"brightness", FIELD_REAL, FIELD(brightness), "0.4", 0, 10, NULL, "largest relative change"},
    {"contrast", FIELD_REAL, FIELD(contrast), "0.4", 0, 10, NULL, "largest relative change"},
    {"saturation", FIELD_REAL, FIELD(saturation), "0.4", 0, 10, NULL, "largest relative change"},
    {"hue", FIELD_REAL, FIELD(hue), "0.1", 0, 0.5, NULL, "largest change, in turns"},
    {0}};

static void change_brightness(const image *x, float factor)
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

static void change_contrast(const image *x, float factor)
{
    float constant = (1.0f - factor) * mean_grey(x);
    int count = 3 * x->height * x->width;
    for (int i = 0; i < count; i++)
        x->planes[i] = colour_clamp(factor * x->planes[i] + constant);
}

static void change_saturation(const image *x, float factor)
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
static void change_hue(const image *x, float shift)
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

static float draw_factor(rng *r, double largest)
{
    float low = largest < 1 ? (float)(1 - largest) : 0.0f;
    return rng_range(r, low, (float)(1 + largest));
}

static void apply(const void *settings, const augment_run *run)
{
    const jitter_config *c = settings;
    const image *out = run->out;
    rng *r = run->rng;
    if ((double)rng_uniform(r) >= c->p) return;
    int order[4] = {0, 1, 2, 3};
    for (uint32_t i = 3; i > 0; i--) { // Fisher and Yates
        uint32_t j = rng_below(r, i + 1);
        int other = order[j];
        order[j] = order[i];
        order[i] = other;
    }
    float factors[3] = {draw_factor(r, c->brightness), draw_factor(r, c->contrast),
                        draw_factor(r, c->saturation)};
    float shift = rng_range(r, (float)-c->hue, (float)c->hue);
    for (int i = 0; i < 4; i++)
        switch (order[i]) {
        case 0:
            change_brightness(out, factors[0]);
            break;
        case 1:
            change_contrast(out, factors[1]);
            break;
        case 2:
            change_saturation(out, factors[2]);
            break;
        default:
            change_hue(out, shift);
        }
}

const augment_type augment_colour_jitter = {
    .name = "colour_jitter",
    .fields = fields,
    .config_size = sizeof(jitter_config),
    .rgb_only = true,
    .apply = apply,
};
