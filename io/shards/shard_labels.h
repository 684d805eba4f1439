// io/shards/shard_labels.h -- the labels of one file: any integer type, -1 = unlabelled.
#ifndef IO_SHARDS_SHARD_LABELS_H
#define IO_SHARDS_SHARD_LABELS_H

#include "io/shards/shard_layout.h"

#include <hdf5.h>

// Sets layout->labelled and layout->classes after checking the range of all labels at `labels`.
// Wants the lock of io/files/hdf5_lock.h held. A file without SHARD_LABELS is unlabelled.
// Errors: ST_BAD_DATA no such data set, wrong type or length, label out of range.
status shard_labels_check(hid_t file, const char *labels, shard_layout *layout);

// Labels first .. first+count-1 of a labelled file. Errors: ST_BAD_DATA, ST_IO.
status shard_labels_read(const shard_layout *layout, const char *labels, uint64_t first,
                         uint64_t count, int64_t *values);

#endif
