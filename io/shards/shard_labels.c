// io/shards/shard_labels.c -- reads labels, block by block when all are to be checked.
#include "io/shards/shard_labels.h"

#include "io/files/hdf5_file.h"
#include "io/files/hdf5_lock.h"
#include "io/shards/shard.h"

#include <inttypes.h>
#include <string.h>

#define LABEL_LIMIT  ((int64_t)1 << 20)
#define BLOCK_LABELS 4096

static status read_labels(hid_t column, const char *path, uint64_t first, uint64_t count,
                          int64_t *values)
{
    char reason[HDF5_TEXT_SIZE];
    CHECK(hdf5_read_column(column, first, count, H5T_NATIVE_INT64, values) >= 0, ST_IO,
          "%s: labels from sample %" PRIu64 " on cannot be read (%s)", path, first,
          hdf5_reason(reason));
    for (uint64_t i = 0; i < count; i++)
        CHECK(values[i] >= -1 && values[i] <= LABEL_LIMIT, ST_BAD_DATA,
              "%s: sample %" PRIu64 " has label %" PRId64 "; labels are 0 .. %" PRId64
              ", or -1 for unlabelled",
              path, first + i, values[i], LABEL_LIMIT);
    return ST_OK;
}

static status check_column(hid_t column, const char *labels, shard_layout *layout)
{
    char text[HDF5_TEXT_SIZE];
    hid_t type = H5Dget_type(column), space = H5Dget_space(column);
    bool integer = H5Tget_class(type) == H5T_INTEGER;
    hdf5_type_text(type, text);
    H5Tclose(type);
    if (!integer) {
        H5Sclose(space);
        return failure(ST_BAD_DATA, "%s: labels \"%s\" are %s; integers are expected", layout->path,
                       labels, text);
    }
    hdf5_shape_text(space, text);
    H5Sclose(space);
    int64_t length = hdf5_column_length(column);
    CHECK(length >= 0 && (uint64_t)length == layout->count, ST_BAD_DATA,
          "%s: labels \"%s\" are %s, but there are %" PRIu64
          " images; one label for each is expected",
          layout->path, labels, text, layout->count);
    int64_t values[BLOCK_LABELS];
    for (uint64_t first = 0; first < layout->count; first += BLOCK_LABELS) {
        uint64_t left = layout->count - first, count = left < BLOCK_LABELS ? left : BLOCK_LABELS;
        TRY(read_labels(column, layout->path, first, count, values));
        for (uint64_t i = 0; i < count; i++)
            if (values[i] >= layout->classes) layout->classes = (int)values[i] + 1;
    }
    layout->labelled = true;
    return ST_OK;
}

status shard_labels_check(hid_t file, const char *labels, shard_layout *layout)
{
    if (labels[0] == '\0') return ST_OK;
    bool optional = strcmp(labels, SHARD_LABELS) == 0;
    hid_t column = -1;
    if (optional)
        TRY(hdf5_open_if_any(file, layout->path, labels, &column));
    else
        column = H5Dopen2(file, labels, H5P_DEFAULT);
    if (column < 0 && optional) return ST_OK;
    if (column < 0) return hdf5_no_dataset(file, layout->path, "labels", labels);
    status s = check_column(column, labels, layout);
    H5Dclose(column);
    return s;
}

static status read_locked(const shard_layout *layout, const char *labels, uint64_t first,
                          uint64_t count, int64_t *values)
{
    hid_t file;
    TRY(hdf5_open(&file, layout->path));
    hid_t column = H5Dopen2(file, labels, H5P_DEFAULT);
    status s;
    if (column >= 0)
        s = read_labels(column, layout->path, first, count, values);
    else
        s = hdf5_no_dataset(file, layout->path, "labels", labels);
    if (column >= 0) H5Dclose(column);
    H5Fclose(file);
    return s;
}

status shard_labels_read(const shard_layout *layout, const char *labels, uint64_t first,
                         uint64_t count, int64_t *values)
{
    hdf5_lock();
    status s = read_locked(layout, labels, first, count, values);
    hdf5_unlock();
    return s;
}
