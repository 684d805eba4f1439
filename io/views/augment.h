// io/views/augment.h -- from stored pixels to one random view of a sample, ready for the net.
//
//   pixels (H, W, C; u8, u16 or float32) ─> planes (C, H, W) float32 in 0..1 ─> steps of the recipe
//   ─> planes of the view (C', H', W')
//
// A recipe is a list of steps; a step is an augment_type with its settings. Every random draw comes
// from Philox keyed by (seed, epoch, sample, view), so a view does not depend on threads or ranks.
// An augmentation is one file in io/views/augments/ with one exported const table, and one line in
// io/views/augments.def.
#ifndef IO_VIEWS_AUGMENT_H
#define IO_VIEWS_AUGMENT_H

#include "base/config.h"
#include "base/rng.h"
#include "base/status.h"
#include "io/shards/dataset.h"

// Planes of one image, C x H x W, values 0..1 for integer sources. Not owned.
// Where planes is NULL, the image is still as stored: pixels (H, W, C) of `type`
// (io/views/window.h).
typedef struct image {
    int channels, height, width;
    float *planes;
    const void *pixels;
    pixel_type type;
    float low, factor; // as stored: planes are (value - low) factor; factor 0: values as they are
} image;

// What a whitening step learns from the training data: views become matrix (view - mean).
typedef struct whitening {
    const float *mean, *matrix; // (dim), (dim, dim) symmetric; dim = C' H' W' of the view
} whitening;

// One step on one image. in and out are the same planes unless the step changes sizes.
typedef struct augment_run {
    rng *rng; // the view's; each step draws on from where the one before stopped
    const image *in;
    image *out;
    float *scratch; // as many floats as the step asked for
    const whitening *whitening;
} augment_run;

typedef struct augment_type {
    const char *name;
    const config_field *fields;
    size_t config_size;
    bool rgb_only; // needs three channels
    bool any_size; // a reshape that takes images of any size, also larger or smaller ones in turn
    bool clips;    // thinks in 0..1, and cuts off what lies outside
    bool windowed; // a reshape that takes images as stored, of which it reads what it shows
    // A whitening step, always the last: what to add to the variances. NULL: another step.
    double (*whitening_epsilon)(const void *settings);
    // Takes what the step needs to know of the data set into the settings. NULL: nothing.
    void (*bind)(void *settings, const dataset_info *info);
    // Sets out's channels, height and width from in's; a job's data.size stands in for the step's
    // field `size`, if it has one. NULL: all the same, and apply works in place.
    // Errors: ST_CONFIG an image that is too small, without the recipe's name.
    status (*reshape)(const void *settings, const image *in, image *out);
    // How far pixels lie apart, in the units of `in`, whose outputs differ by 1 in this channel.
    // NAN: outputs are no pixels any more. NULL: 1.
    double (*unit)(const void *settings, int channel);
    // Floats of scratch needed. NULL: none.
    size_t (*scratch_floats)(const void *settings, const image *in, const image *out);
    void (*apply)(const void *settings, const augment_run *run);
} augment_type;

extern const augment_type *const augment_table[]; // NULL-ended
const augment_type *augment_find(const char *name);

// Whether a step of the recipe cuts pixels off outside 0..1; false when there is no such recipe.
bool augment_clips(const char *recipe_name);

// Names of all recipes, NULL-ended.
const char *const *augment_recipes(void);

typedef struct augmenter augmenter;

// A recipe bound to a data set's shape. Output height and width are `size`, or the data set's own
// when size is 0. `info` is copied. Errors: ST_CONFIG unknown recipe (names the nearest), a recipe
// without a step of that size and another size, images smaller than the view that is cut out of
// them, images that differ in size without a size, or with a recipe that does not resize them
// first, or an RGB recipe on data that is not RGB (says which recipe to use); ST_INTERNAL no
// memory.
status augmenter_create(augmenter **created, const char *recipe_name, const dataset_info *info,
                        int size);

int augmenter_channels(const augmenter *a);
int augmenter_height(const augmenter *a);
int augmenter_width(const augmenter *a);

// How far pixels of 0..1 lie apart whose views differ by 1 in this channel, by steps that do not
// draw; NAN: there is no such factor.
double augmenter_unit(const augmenter *a, int channel);

// Takes one stored image, of which views will be made until the next is taken, and the pixels must
// last: as dataset_read_sized gives them, of a size of at most the data set's.
void augmenter_take(augmenter *a, const void *pixels, image_size size);

// One view of the image taken, which is of sample `sample`: out (C', H', W') float32, as the
// recipe's steps leave it. Uses the augmenter's own memory: one thread at a time.
void augmenter_view(augmenter *a, uint64_t seed, uint32_t epoch, uint64_t sample, uint32_t view,
                    float *out);

// The epsilon of the recipe's whitening step; 0: it has none. Such an augmenter must be given the
// whitening of its training data, before augmenter_view, by augmenter_set_whitening.
double augmenter_whitening_epsilon(const augmenter *a);

// The view that the whitening step would get.
void augmenter_view_unwhitened(augmenter *a, uint64_t seed, uint32_t epoch, uint64_t sample,
                               uint32_t view, float *out);

// Its arrays stay the caller's, and must last as long as the augmenter.
void augmenter_set_whitening(augmenter *a, const whitening *learned);

void augmenter_destroy(augmenter *a);

#endif
