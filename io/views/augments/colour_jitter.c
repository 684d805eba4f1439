// io/views/augments/colour_jitter.c -- brightness, contrast, saturation and hue, changed in random
// order.
//   brightness  y = f x                       f = U(1 - brightness, 1 + brightness), not below 0
//   contrast    y = f x + (1 - f) m           m = mean grey of the image
//   saturation  y = f x + (1 - f) grey(x)
//   hue         h -> h + U(-hue, hue)         in turns of the HSV circle, value and chroma kept
// Each result is clamped to 0 .. 1. All four together happen with probability p.
//   source: the order and the ranges are torchvision's ColorJitter
#include "io/views/augment.h"
#include "io/views/colour.h"

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

enum { BRIGHTNESS, CONTRAST, SATURATION, HUE, CHANGES };

// What one view draws.
typedef struct changes {
    int order[CHANGES];
    float amount[CHANGES];
} changes;

static changes draw_changes(const jitter_config *c, rng *r)
{
    changes drawn = {.order = {BRIGHTNESS, CONTRAST, SATURATION, HUE}};
    for (uint32_t i = CHANGES - 1; i > 0; i--) { // Fisher and Yates
        uint32_t j = rng_below(r, i + 1);
        int other = drawn.order[j];
        drawn.order[j] = drawn.order[i];
        drawn.order[i] = other;
    }
    drawn.amount[BRIGHTNESS] = draw_factor(r, c->brightness);
    drawn.amount[CONTRAST] = draw_factor(r, c->contrast);
    drawn.amount[SATURATION] = draw_factor(r, c->saturation);
    drawn.amount[HUE] = rng_range(r, (float)-c->hue, (float)c->hue);
    return drawn;
}

// Changes from .. to - 1 of the order.
static void change(const colours *x, const changes *drawn, int from, int to, float mean)
{
    for (int i = from; i < to; i++) {
        float amount = drawn->amount[drawn->order[i]];
        switch (drawn->order[i]) {
        case BRIGHTNESS:
            colour_change_brightness(x, amount);
            break;
        case CONTRAST:
            colour_change_contrast(x, amount, mean);
            break;
        case SATURATION:
            colour_change_saturation(x, amount);
            break;
        default:
            colour_change_hue(x, amount);
        }
    }
}

#define TILE 1024 // pixels: three channels of them stay in the first cache

static colours tile_at(const image *x, int first)
{
    int left = x->height * x->width - first;
    return colours_of(x, first, left < TILE ? left : TILE);
}

// Tile by tile: the changes before the contrast, which needs the mean of all, then it and the
// others.
static void apply(const void *settings, const augment_run *run)
{
    const jitter_config *c = settings;
    int count = run->out->height * run->out->width, contrast = 0;
    if ((double)rng_uniform(run->rng) >= c->p) return;
    changes drawn = draw_changes(c, run->rng);
    while (drawn.order[contrast] != CONTRAST)
        contrast++;
    grey_mean greys = {.count = 0};
    for (int first = 0; first < count; first += TILE) {
        colours tile = tile_at(run->out, first);
        change(&tile, &drawn, 0, contrast, 0.0f);
        grey_mean_add(&greys, &tile);
    }
    float mean = grey_mean_get(&greys);
    for (int first = 0; first < count; first += TILE) {
        colours tile = tile_at(run->out, first);
        change(&tile, &drawn, contrast, CHANGES, mean);
    }
}

const augment_type augment_colour_jitter = {
    .name = "colour_jitter",
    .fields = fields,
    .config_size = sizeof(jitter_config),
    .rgb_only = true,
    .clips = true,
    .apply = apply,
};
