// io/shards/shard.h -- the names inside a Basin shard (HDF5), and the checksum of a sample.
//
//   /images         (N, H, W, C) uint8, uint16 or float32, contiguous
//   /labels         (N) int64, -1 = unlabelled; optional
//   /coarse_labels  (N) int64, groups of the classes (CIFAR-100); optional
//   /sample_crc32c  (N) uint32, CRC-32C of the sample's bytes as stored; optional
//   attributes of the root: format = "basin-shard", format_version = 1, layout = "NHWC",
//   mean, std (C) float32 of the pixels scaled to 0..1, created_by, class_names (text, one a line
//   in the order of labels; optional)
//
// A shard of encoded images, each of its own size, has instead of /images
//
//   /jpeg_bytes     (B) uint8, JPEG, PNG and TIFF files as they are, one after the other
//   /jpeg_offsets   (N + 1) uint64, where each begins in /jpeg_bytes, from 0; the last is B
//   attributes: layout = "encoded", max_height, max_width, min_height, min_width (int, of the
//   shard's images; pixels; the last two may be missing: then sizes count as different), channels =
//   3
//
// A shard of a folder of images also has the attributes source_hash (uint64, of what it was made
// from), content_hash (uint64, of the files' bytes) and left_out (uint64, broken images that it
// lacks).
#ifndef IO_SHARDS_SHARD_H
#define IO_SHARDS_SHARD_H

#include <stddef.h>
#include <stdint.h>

#define SHARD_FORMAT         "basin-shard"
#define SHARD_FORMAT_VERSION 1

#define SHARD_IMAGES        "/images"
#define SHARD_LABELS        "/labels"
#define SHARD_COARSE_LABELS "/coarse_labels"
#define SHARD_CRC           "/sample_crc32c"
#define SHARD_BYTES         "/jpeg_bytes"
#define SHARD_OFFSETS       "/jpeg_offsets"

#define SHARD_ATTRIBUTE_FORMAT     "format"
#define SHARD_ATTRIBUTE_VERSION    "format_version"
#define SHARD_ATTRIBUTE_LAYOUT     "layout"
#define SHARD_ATTRIBUTE_MEAN       "mean"
#define SHARD_ATTRIBUTE_STD        "std"
#define SHARD_ATTRIBUTE_CLASSES    "class_names"
#define SHARD_ATTRIBUTE_HEIGHT     "max_height"
#define SHARD_ATTRIBUTE_WIDTH      "max_width"
#define SHARD_ATTRIBUTE_MIN_HEIGHT "min_height"
#define SHARD_ATTRIBUTE_MIN_WIDTH  "min_width"
#define SHARD_ATTRIBUTE_CHANNELS   "channels"
#define SHARD_ATTRIBUTE_SOURCE     "source_hash"
#define SHARD_ATTRIBUTE_LEFT_OUT   "left_out"
#define SHARD_ATTRIBUTE_CONTENTS   "content_hash"

#define SHARD_LAYOUT_PLAIN   "NHWC"
#define SHARD_LAYOUT_ENCODED "encoded"

// Where the samples of a shard come from; all 0: not known.
typedef struct shard_source {
    uint64_t hash;     // of names and sizes of the files, and of how they are stored; never 0
    uint64_t left_out; // broken images that the shard lacks
    uint64_t contents; // hash of the files' bytes; 0: not kept by an earlier version
} shard_source;

// CRC-32C (Castagnoli) of `bytes` bytes: crc32c of "123456789" is 0xe3069283.
uint32_t shard_crc32c(const void *data, size_t bytes);

#endif
