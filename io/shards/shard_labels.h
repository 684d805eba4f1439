// io/shards/shard_labels.h -- the labels of one file of images, there or in a file of their own.
#ifndef IO_SHARDS_SHARD_LABELS_H
#define IO_SHARDS_SHARD_LABELS_H

#include "io/shards/shard_layout.h"

#include <hdf5.h>

// Sets layout->labelled, classes and class_names after checking the range of all labels where
// `source` says that they stand in the file. Wants the lock of io/files/hdf5_lock.h held. A file
// without SHARD_LABELS is unlabelled, and labels in another file are not looked for.
// Errors: ST_BAD_DATA no such data set, wrong type or length, label out of range or without a name.
status shard_labels_check(hid_t file, const dataset_source *source, shard_layout *layout);

// The same as shard_labels_check for labels in file `path`, whose column has `length` entries;
// those of this file of images begin at `first`. Wants no lock. Errors: as shard_labels_check;
// ST_NO_INPUT, ST_IO.
status shard_labels_attach(shard_layout *layout, const dataset_source *source, const char *path,
                           uint64_t first, uint64_t length);

// Labels first .. first+count-1 of a labelled file, as it has them. Errors: ST_BAD_DATA, ST_IO.
status shard_labels_read(const shard_layout *layout, const char *labels, uint64_t first,
                         uint64_t count, int64_t *values);

#endif
