// io/shard.h -- the names inside a Basin shard (HDF5), and the checksum of a sample.
//
//   /images         (N, H, W, C) uint8, uint16 or float32, contiguous
//   /labels         (N) int64, -1 = unlabelled; optional
//   /sample_crc32c  (N) uint32, CRC-32C of the sample's bytes as stored; optional
//   attributes of the root: format = "basin-shard", format_version = 1, layout = "NHWC",
//   mean, std (C) float32 of the pixels scaled to 0..1, created_by, class_names (text, one a line
//   in the order of labels; optional)
#ifndef IO_SHARD_H
#define IO_SHARD_H

#include <stddef.h>
#include <stdint.h>

#define SHARD_FORMAT         "basin-shard"
#define SHARD_FORMAT_VERSION 1

#define SHARD_IMAGES "/images"
#define SHARD_LABELS "/labels"
#define SHARD_CRC    "/sample_crc32c"

#define SHARD_ATTRIBUTE_FORMAT  "format"
#define SHARD_ATTRIBUTE_VERSION "format_version"
#define SHARD_ATTRIBUTE_LAYOUT  "layout"
#define SHARD_ATTRIBUTE_MEAN    "mean"
#define SHARD_ATTRIBUTE_STD     "std"
#define SHARD_ATTRIBUTE_CLASSES "class_names"

// CRC-32C (Castagnoli) of `bytes` bytes: crc32c of "123456789" is 0xe3069283.
uint32_t shard_crc32c(const void *data, size_t bytes);

#endif
