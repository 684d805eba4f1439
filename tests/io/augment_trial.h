// tests/io/augment_trial.h -- images and settings to try augmentations with.
#ifndef TESTS_IO_AUGMENT_TRIAL_H
#define TESTS_IO_AUGMENT_TRIAL_H

#include "tests/check.h"

#include "io/views/augment.h"

#define LARGEST ((size_t)64 * 48 * 48) // floats of the largest image here

// A data set of ten samples; channel c has mean 0.4 + 0.01 c and deviation 0.25.
dataset_info make_info(int channels, int height, int width, pixel_type type);

// Random pixels of one sample, in the stored type.
void fill_pixels(const dataset_info *info, uint64_t sample, void *pixels);

// Uniform in 0 .. 1, with room for LARGEST floats; free() its planes.
image random_image(int channels, int height, int width, uint64_t sample);

int image_count(const image *x);
bool same_planes(const image *a, const image *b);

// The settings of one augmentation, read as a recipe's would be; free() them.
void *read_settings(const augment_type *type, const char *text, const dataset_info *info);

// A whitening that changes nothing; free() both.
void unit_whitening(size_t dim, float **mean, float **matrix);

// Runs one augmentation on x, in place unless it changes sizes; the draws come from `key`.
void run_augment(const char *name, const char *text, uint64_t key, image *x);

#endif
