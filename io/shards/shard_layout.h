// io/shards/shard_layout.h -- how images, labels and checksums lie in one file, found once at
// opening.
//
// All that a data set keeps of a file that is not open: its size does not depend on the samples.
#ifndef IO_SHARDS_SHARD_LAYOUT_H
#define IO_SHARDS_SHARD_LAYOUT_H

#include "io/images/numbers.h"
#include "io/shards/class_list.h"
#include "io/shards/dataset.h"
#include "io/shards/shard.h"

typedef enum shard_storage {
    STORED_PLAIN,     // one piece of the file, sample after sample: pread
    STORED_CHUNKS,    // chunks of whole samples, plain, shuffled or deflated: decoded here
    STORED_OTHERWISE, // whatever HDF5 can read
    STORED_ENCODED    // JPEG, PNG and TIFF files, one after the other
} shard_storage;

enum { AXIS_N, AXIS_H, AXIS_W, AXIS_C };

typedef struct shard_layout {
    char *path; // owned
    uint64_t count;
    int channels, height, width; // of the largest image, when encoded
    bool one_size;               // all images are of that size
    pixel_type type;             // as it is read
    number_kind kind;            // as it is stored, if not as a pixel_type
    size_t element_bytes;        // of a stored number
    bool swapped;                // stored in the other byte order
    bool labelled;
    char *labels_path;               // the file that holds them, if it is another. Owned
    uint64_t labels_first;           // the place of the first of them in their column
    int classes;                     // 1 + largest label
    class_list class_names;          // of its labels; empty: numbers alone. Owned
    bool has_crc;                    // SHARD_CRC is there
    int rank;                        // 4; less without channels, and where the file is one image
    int axes[4];                     // AXIS_... of each index of the file's array
    char letters[DATASET_AXES_SIZE]; // the same, as "NHWC"
    shard_storage storage;
    // Samples with pixels, and labels, that nobody wrote: they are the fill value.
    uint64_t unwritten, labels_unwritten;
    uint64_t offset; // STORED_PLAIN: of the first sample in the file, bytes
    // STORED_ENCODED: offset of the first image's bytes and of the first entry of the offsets, each
    // 0 when only HDF5 can read them; and the bytes of the largest file.
    uint64_t offsets_offset, largest_bytes;
    uint64_t crc_offset;                // of the first checksum; 0: only HDF5 can read them
    uint64_t chunk_samples;             // that a chunk holds, 0: there are none
    char filters[DATASET_FILTERS_SIZE]; // that the chunks went through, "shuffle, gzip"
    int block_samples;                  // not STORED_PLAIN: samples read and decoded at once
    // STORED_CHUNKS: number of the filter in the pipeline, -1 = none.
    int shuffle_filter, deflate_filter;
    bool own;            // a shard of ours
    bool has_moments;    // the file's own mean and deviation are there, and can be
    bool odd_moments;    // a user's file has some that cannot be those of its images
    shard_source source; // of folders of images
    float mean[DATASET_MAX_CHANNELS], deviation[DATASET_MAX_CHANNELS];
} shard_layout;

// Blocks of decoded samples are at most this large, unless one sample is.
#define SHARD_BLOCK_BYTES ((size_t)16 << 20)

// Errors: as dataset_open. On failure there is nothing to free.
status shard_layout_read(shard_layout *layout, const char *path, const dataset_source *source);

void shard_layout_free(shard_layout *layout);

// Pixels of one sample; of the largest that there may be, when encoded.
size_t shard_sample_pixels(const shard_layout *layout);

// Whether the array has an index for samples; otherwise it is one image.
bool shard_counts(const shard_layout *layout);

// Sizes of the file's array in the order of its indices, with `samples` for its count.
void shard_dims(const shard_layout *layout, uint64_t samples, uint64_t dims[4]);

#endif
