// io/views/augment.c -- a recipe made ready to run.
#include "io/views/augment.h"

#include "base/arena.h"
#include "io/views/recipes.h"
#include "io/views/window.h"

#include <stdlib.h>
#include <string.h>

typedef struct step {
    const augment_type *type;
    void *config;       // owned
    recipe_views views; // a step that changes sizes is for every view
    image out;          // sizes only
} step;

struct augmenter {
    dataset_info info;
    int step_count;
    step steps[RECIPE_MAX_STEPS];
    int last_reshape; // index of the last step that changes sizes or channels; -1: none
    image source;     // sizes of the stored image, or of the largest
    image taken;      // the stored image that views are made of, as stored
    float *planes[2]; // images between, before the last reshape, in turns; NULL: there are none
    float *scratch;
    whitening whitening; // NULLs until set
    arena memory;
};

static bool has_size(const config_field *fields)
{
    for (; fields->name != NULL; fields++)
        if (strcmp(fields->name, "size") == 0) return true;
    return false;
}

static status step_configure(step *s, const recipe *r, const recipe_step *from,
                             const dataset_info *info, int size)
{
    char origin[128], override[32];
    snprintf(origin, sizeof origin, "recipe %s, %s", r->name, from->augment);
    snprintf(override, sizeof override, "size=%d", size);
    s->type = augment_find(from->augment);
    ASSERT(s->type != NULL && (s->type->reshape == NULL || from->views == EVERY_VIEW));
    s->views = from->views;
    s->config = calloc(1, s->type->config_size);
    CHECK(s->config != NULL, ST_INTERNAL, "no memory for the settings of %s", origin);
    config *c;
    TRY(config_parse(&c, from->settings, origin, has_size(s->type->fields), (char *[]){override}));
    status read = config_read(c, "", (const config_part[]){{s->type->fields, s->config}, {0}});
    config_destroy(c);
    TRY(read);
    if (s->type->bind != NULL) s->type->bind(s->config, info);
    return ST_OK;
}

static status check_channels(const recipe *r, const dataset_info *info)
{
    for (const recipe_step *from = r->steps; from->augment != NULL; from++) {
        const augment_type *type = augment_find(from->augment);
        CHECK(!type->rgb_only || info->channels == 3, ST_CONFIG,
              "recipe '%s' wants RGB images for its step '%s', but the data has %d channel%s: use "
              "data.augment=intensity (crop, flip, gain and offset) or data.augment=crop_flip",
              r->name, type->name, info->channels, info->channels == 1 ? "" : "s");
    }
    return ST_OK;
}

static size_t image_bytes(const image *x)
{
    return sizeof(float) * (size_t)x->channels * (size_t)x->height * (size_t)x->width;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

// Works out every step's sizes, and takes all memory.
static status plan_memory(augmenter *a)
{
    image in = a->source;
    size_t between = 0, scratch = 0; // bytes
    a->last_reshape = -1;
    for (int i = 0; i < a->step_count; i++) {
        step *s = &a->steps[i];
        s->out = in;
        if (s->type->reshape != NULL) {
            TRY(s->type->reshape(s->config, &in, &s->out));
            // What this step reads may be as stored only if nothing has worked on it before.
            if (i > 0 || !s->type->windowed) between = larger(between, image_bytes(&in));
            a->last_reshape = i;
        }
        if (s->type->scratch_floats != NULL) {
            size_t needed = s->type->scratch_floats(s->config, &in, &s->out) * sizeof(float);
            scratch = larger(scratch, needed);
        }
        in = s->out;
    }
    TRY(arena_create(&a->memory, 2 * arena_padded(between) + arena_padded(scratch),
                     "augmentation"));
    for (int i = 0; i < 2 && between > 0; i++)
        a->planes[i] = arena_take(&a->memory, between);
    a->scratch = arena_take(&a->memory, scratch);
    return ST_OK;
}

// Is the first step that changes sizes one for images of all sizes?
static bool takes_any_size(const augmenter *a)
{
    for (int i = 0; i < a->step_count; i++)
        if (a->steps[i].type->reshape != NULL) return a->steps[i].type->any_size;
    return false;
}

static status configure(augmenter *a, const char *name, int size)
{
    const recipe *r = recipe_find(name);
    if (r == NULL) {
        const char *nearest = config_nearest(name, augment_recipes());
        return failure(ST_CONFIG, "data.augment: there is no recipe '%s'; did you mean '%s'?", name,
                       nearest != NULL ? nearest : recipe_table[0].name);
    }
    TRY(check_channels(r, &a->info));
    CHECK(!a->info.varied || size > 0, ST_CONFIG,
          "data.size: the images differ in size, up to %d x %d pixels (or were packed by a version "
          "that did not note whether they do); give the height and width of a view, as in "
          "data.size=224",
          a->info.height, a->info.width);
    for (const recipe_step *from = r->steps; from->augment != NULL; from++) {
        TRY(step_configure(&a->steps[a->step_count++], r, from, &a->info, size));
        ASSERT(from[1].augment == NULL ||
               a->steps[a->step_count - 1].type->whitening_epsilon == NULL);
    }
    TRY(plan_memory(a));
    CHECK(size == 0 || (augmenter_height(a) == size && augmenter_width(a) == size), ST_CONFIG,
          "recipe '%s' does not resize, so data.size must be 0 and not %d", name, size);
    CHECK(!a->info.varied || takes_any_size(a), ST_CONFIG,
          "recipe '%s' does not resize first, but the images differ in size: use another recipe, "
          "or pack "
          "them with --decode S",
          name);
    return ST_OK;
}

status augmenter_create(augmenter **created, const char *recipe_name, const dataset_info *info,
                        int size)
{
    *created = NULL;
    augmenter *a = calloc(1, sizeof *a);
    CHECK(a != NULL, ST_INTERNAL, "no memory for an augmenter");
    a->info = *info;
    image_info_rescale(&a->info);
    a->source = (image){.channels = info->channels, .height = info->height, .width = info->width};
    status s = configure(a, recipe_name, size);
    if (s != ST_OK) {
        augmenter_destroy(a);
        return s;
    }
    *created = a;
    return ST_OK;
}

int augmenter_channels(const augmenter *a)
{
    return a->steps[a->step_count - 1].out.channels;
}

int augmenter_height(const augmenter *a)
{
    return a->steps[a->step_count - 1].out.height;
}

int augmenter_width(const augmenter *a)
{
    return a->steps[a->step_count - 1].out.width;
}

double augmenter_unit(const augmenter *a, int channel)
{
    double unit = 1;
    for (int i = 0; i < a->step_count; i++) {
        const step *s = &a->steps[i];
        if (s->type->unit != NULL) unit *= s->type->unit(s->config, channel);
    }
    return unit;
}

static bool step_is_for(const step *s, uint32_t view)
{
    return s->views == EVERY_VIEW || (s->views == ODD_VIEWS) == (view % 2 == 1);
}

void augmenter_take(augmenter *a, const void *pixels, image_size size)
{
    ASSERT(size.height <= a->source.height && size.width <= a->source.width);
    bool ranged = a->info.low != 0.0f || a->info.high != 1.0f;
    a->taken = (image){.channels = a->info.channels,
                       .height = size.height,
                       .width = size.width,
                       .pixels = pixels,
                       .type = a->info.type,
                       .low = a->info.low,
                       .factor = ranged ? 1.0f / (a->info.high - a->info.low) : 0.0f};
}

// Where the result of step i goes: the last reshape and what follows work in the caller's memory.
static float *place_after(const augmenter *a, int i, int *turn, float *out)
{
    if (i >= a->last_reshape) return out;
    *turn = !*turn;
    return a->planes[*turn];
}

// The same image as planes.
static image to_planes(const image *in, float *planes)
{
    image out = *in;
    out.planes = planes;
    window_planes(in, 0, 0, &out);
    return out;
}

// The first `count` steps, with the draws of r, on the image taken, which stays as it is.
static void run_steps(augmenter *a, int count, rng r, uint32_t view, float *out)
{
    int turn = 0;
    image in = a->taken;
    for (int i = 0; i < count; i++) {
        const step *s = &a->steps[i];
        if (!step_is_for(s, view)) continue;
        bool reshapes = s->type->reshape != NULL;
        if (in.planes == NULL && !(reshapes && s->type->windowed))
            in = to_planes(&in, place_after(a, reshapes ? i - 1 : i, &turn, out));
        image next = in;
        if (reshapes) {
            next = s->out; // from the first of these on, all images have the planned sizes
            next.planes = place_after(a, i, &turn, out);
        }
        s->type->apply(s->config, &(augment_run){&r, &in, &next, a->scratch, &a->whitening});
        in = next;
    }
    if (in.planes == NULL) to_planes(&in, out);
}

void augmenter_view(augmenter *a, uint64_t seed, uint32_t epoch, uint64_t sample, uint32_t view,
                    float *out)
{
    ASSERT(augmenter_whitening_epsilon(a) == 0 || a->whitening.matrix != NULL);
    run_steps(a, a->step_count, rng_open(seed, RNG_AUGMENT, epoch, sample, view), view, out);
}

double augmenter_whitening_epsilon(const augmenter *a)
{
    const step *last = &a->steps[a->step_count - 1];
    return last->type->whitening_epsilon != NULL ? last->type->whitening_epsilon(last->config) : 0;
}

void augmenter_view_unwhitened(augmenter *a, uint64_t seed, uint32_t epoch, uint64_t sample,
                               uint32_t view, float *out)
{
    int count = a->step_count - (augmenter_whitening_epsilon(a) != 0);
    run_steps(a, count, rng_open(seed, RNG_AUGMENT, epoch, sample, view), view, out);
}

void augmenter_set_whitening(augmenter *a, const whitening *learned)
{
    a->whitening = *learned;
}

void augmenter_destroy(augmenter *a)
{
    if (a == NULL) return;
    for (int i = 0; i < a->step_count; i++)
        free(a->steps[i].config);
    arena_destroy(&a->memory);
    free(a);
}
