// io/augments/colour_jitter.c -- brightness, contrast, saturation and hue, changed in random order.
//   brightness  y = f x                       f = U(1 - brightness, 1 + brightness), not below 0
//   contrast    y = f x + (1 - f) m           m = mean grey of the image
//   saturation  y = f x + (1 - f) grey(x)
//   hue         h -> h + U(-hue, hue)         in turns of the HSV circle, value and chroma kept
// Each result is clamped to 0 .. 1. All four together happen with probability p.
//   source: the order and the ranges are torchvision's ColorJitter
#include "io/augment.h"
#include "io/colour.h"

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
            colour_change_brightness(out, factors[0]);
            break;
        case 1:
            colour_change_contrast(out, factors[1]);
            break;
        case 2:
            colour_change_saturation(out, factors[2]);
            break;
        default:
            colour_change_hue(out, shift);
        }
}

const augment_type augment_colour_jitter = {
    .name = "colour_jitter",
    .fields = fields,
    .config_size = sizeof(jitter_config),
    .rgb_only = true,
    .apply = apply,
};
