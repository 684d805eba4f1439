// io/images/image_info.h -- what the images of a data set look like: type of pixels, size,
// channels, and the statistics of each channel.
#ifndef IO_IMAGES_IMAGE_INFO_H
#define IO_IMAGES_IMAGE_INFO_H

#include "io/images/numbers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATASET_MAX_CHANNELS 64

#define DATASET_AXES_SIZE 5 // "NHWC" with its end

#define DATASET_FILTERS_SIZE 48

typedef enum pixel_type { PIXEL_U8, PIXEL_U16, PIXEL_F32 } pixel_type;

typedef struct dataset_info {
    uint64_t count; // samples
    bool varied;    // images differ in size; then height and width are the largest of each
    int channels, height, width;
    char axes[DATASET_AXES_SIZE]; // of the files' arrays, "NHWC"; "" of encoded images
    const char *likely_axes;      // a more likely order than this; NULL: none
    pixel_type type;              // as read
    number_kind kind;             // as stored, if not as a pixel_type
    size_t sample_bytes;          // height * width * channels * size of a pixel
    uint64_t unwritten;           // samples with pixels that nobody wrote: the file's fill value
    uint64_t labels_unwritten;    // and such labels
    // NaN among the pixels that mean and deviation come from, if there is a rule for it: pixels,
    // samples with them, samples looked at.
    uint64_t nan_pixels, nan_samples, looked_at;
    // These three tell of the file with the most samples in a chunk: how many samples a chunk holds
    // or touches, what the chunks went through ("shuffle, gzip"; "" nothing), and how many samples
    // are unpacked for each that is read in random order. 0: the images lie in one piece.
    uint64_t chunk_samples;
    char chunk_filters[DATASET_FILTERS_SIZE];
    double unpacked;
    bool labelled;
    int classes; // 1 + largest label; 0 without labels
    // Per channel, of pixels scaled to 0..1 (u8 / 255, u16 / 65535, float32 as it is).
    // A channel that is constant has deviation 1. Images of different sizes count alike.
    float mean[DATASET_MAX_CHANNELS], deviation[DATASET_MAX_CHANNELS];
    // The first file that is no shard of ours and whose attributes give mean and deviation, or give
    // some that cannot be those of its images, so that they are measured. NULL: there is none.
    // Views.
    const char *given_moments, *odd_moments;
    // In the same units: which pixels count as 0 and 1 in views. Both 0: 0 and 1.
    float low, high;
} dataset_info;

// "uint8", "float64".
const char *pixel_type_name(pixel_type type, number_kind kind);

// Stored units of the value 1: 255 of uint8, 65535 of uint16, 1 of all that is read as float32.
double image_info_unit(const dataset_info *info);

// The same with mean and deviation in units of low .. high.
void image_info_rescale(dataset_info *info);

// Of one sample, pixels.
typedef struct image_size {
    int height, width;
} image_size;

#endif
