// io/packing/file_kind.c -- looks at a file's root attributes, and lists its data sets.
#include "io/packing/file_kind.h"

#include "io/checkpoint/checkpoint.h"
#include "io/shards/code_writer.h"
#include "io/files/hdf5_attribute.h"
#include "io/files/hdf5_file.h"
#include "io/files/hdf5_lock.h"
#include "io/files/seal.h"
#include "io/shards/shard.h"

#include <stdlib.h>
#include <string.h>

static status find_locked(const char *path, file_kind *kind)
{
    hid_t file;
    bool foreign;
    TRY(seal_check_if_any(path));
    // A text is no failure here; a truncated HDF5 file is.
    TRY(hdf5_open_any(&file, path, &foreign));
    *kind = FILE_FOREIGN;
    if (foreign) return ST_OK;
    char *format = hdf5_get_text(file, SHARD_ATTRIBUTE_FORMAT);
    *kind = FILE_HDF5;
    if (format != NULL && strcmp(format, SHARD_FORMAT) == 0) *kind = FILE_SHARD;
    if (format != NULL && strcmp(format, CHECKPOINT_FORMAT) == 0) *kind = FILE_CHECKPOINT;
    if (format != NULL && strcmp(format, CODE_FORMAT) == 0) *kind = FILE_CODES;
    free(format);
    H5Fclose(file);
    return ST_OK;
}

status file_kind_find(const char *path, file_kind *kind)
{
    hdf5_lock();
    status s = find_locked(path, kind);
    hdf5_unlock();
    return s;
}

static status list_locked(const char *path, FILE *out)
{
    hid_t file;
    TRY(hdf5_open(&file, path));
    status s = hdf5_write_list(file, path, "", "\n", out);
    H5Fclose(file);
    return s;
}

status hdf5_list(const char *path, FILE *out)
{
    hdf5_lock();
    status s = list_locked(path, out);
    hdf5_unlock();
    return s;
}
