// io/checkpoint/checkpoint_write.c -- arrays and texts into a new HDF5 file, while others may use
// HDF5 too.
#include "io/checkpoint/checkpoint.h"

#include "io/checkpoint/checkpoint_format.h"
#include "io/checkpoint/checkpoint_pieces.h"
#include "io/files/hdf5_file.h"
#include "io/files/hdf5_lock.h"
#include "io/files/hdf5_output.h"
#include "io/files/seal.h"
#include "io/shards/shard.h"

#include <stdio.h>
#include <string.h>

// A single value as an attribute; -1 on failure.
static herr_t write_attribute(hid_t object, const char *name, hid_t stored, hid_t native,
                              const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t result = attribute >= 0 ? H5Awrite(attribute, native, value) : -1;
    if (attribute >= 0) H5Aclose(attribute);
    H5Sclose(space);
    return result;
}

// Of fixed length: a variable-length text would stand in HDF5's global heap, which has no checksum,
// and a flipped bit there makes HDF5 crash or loop when it reads.
static herr_t write_text(hid_t file, const char *name, const char *value)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(value) + 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    herr_t result = write_attribute(file, name, type, type, value);
    H5Tclose(type);
    return result;
}

// A number that vouches for something in the file; the same in memory.
static herr_t write_hash(hid_t object, const char *name, uint64_t hash)
{
    return write_attribute(object, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, &hash);
}

// The groups in a name. HDF5 can make them by itself, but then they hold the time of their making.
static void create_groups(hid_t file, const char *name)
{
    char path[sizeof((checkpoint_array *)NULL)->name];
    hid_t timeless = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(timeless, false);
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof path, "%.*s", (int)(slash - name), name);
        if (H5Lexists(file, path, H5P_DEFAULT) > 0) continue;
        hid_t group = H5Gcreate2(file, path, H5P_DEFAULT, timeless, H5P_DEFAULT);
        if (group >= 0) H5Gclose(group); // else the array cannot be made either
    }
    H5Pclose(timeless);
}

// layout: contiguous, no times, so that equal contents give equal files.
static hid_t create_array(hid_t file, const checkpoint_array *array)
{
    create_groups(file, array->name);
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_alloc_time(layout, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(layout, H5D_FILL_TIME_NEVER);
    H5Pset_obj_track_times(layout, false);
    hsize_t dims[4];
    for (int i = 0; i < array->rank; i++)
        dims[i] = array->dims[i];
    hid_t space =
        array->rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(array->rank, dims, NULL);
    hid_t dataset = H5Dcreate2(file, array->name, array_stored(array->type), space, H5P_DEFAULT,
                               layout, H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(layout);
    return dataset;
}

// Without the lock, which is free between the pieces of the array. *manifest grows by its share.
static herr_t write_array(hid_t file, const checkpoint_array *array, XXH3_state_t *state,
                          uint64_t *manifest)
{
    hdf5_lock();
    hid_t dataset = create_array(file, array);
    hdf5_unlock();
    if (dataset < 0) return -1;
    XXH3_64bits_reset(state);
    char reason[HDF5_TEXT_SIZE]; // a failed write is told by the driver
    herr_t result =
        pieces_move(dataset, array, PIECES_WRITE, (XXH3_state_t *[2]){state, NULL}, reason);
    uint64_t hash = XXH3_64bits_digest(state);
    *manifest += manifest_array(array, hash);
    hdf5_lock();
    if (result >= 0) result = write_hash(dataset, CHECKPOINT_HASH, hash);
    H5Dclose(dataset);
    hdf5_unlock();
    return result;
}

// Without the lock; *failed is the name of the array that could not be written, or NULL.
static void write_arrays(hid_t file, const checkpoint_array *arrays, size_t count,
                         XXH3_state_t *state, uint64_t *manifest, const char **failed)
{
    *failed = NULL;
    for (size_t i = 0; i < count && *failed == NULL; i++)
        if (write_array(file, &arrays[i], state, manifest) < 0) *failed = arrays[i].name;
}

static status write_texts(hdf5_output *output, const checkpoint_text *texts, size_t count,
                          uint64_t *manifest)
{
    int32_t version = CHECKPOINT_FORMAT_VERSION;
    if (write_text(output->file, SHARD_ATTRIBUTE_FORMAT, CHECKPOINT_FORMAT) < 0 ||
        write_attribute(output->file, SHARD_ATTRIBUTE_VERSION, H5T_STD_I32LE, H5T_NATIVE_INT32,
                        &version) < 0)
        return hdf5_output_failed(output, "the format's version");
    for (size_t i = 0; i < count; i++) {
        if (write_text(output->file, texts[i].name, texts[i].value) < 0)
            return hdf5_output_failed(output, texts[i].name);
        *manifest += manifest_text(texts[i].name, texts[i].value);
    }
    return ST_OK;
}

static status begin(hdf5_output *output, const char *path, const checkpoint_text *texts,
                    size_t text_count, uint64_t *manifest)
{
    TRY(hdf5_create(output, path));
    return write_texts(output, texts, text_count, manifest);
}

static status end(hdf5_output *output, const char *failed, uint64_t manifest)
{
    if (failed != NULL) return hdf5_output_failed(output, failed);
    if (write_hash(output->file, CHECKPOINT_MANIFEST, manifest) < 0)
        return hdf5_output_failed(output, "the manifest");
    return hdf5_finish(output);
}

static status write_all(const char *path, const checkpoint_array *arrays, size_t array_count,
                        const checkpoint_text *texts, size_t text_count, XXH3_state_t *state)
{
    hdf5_output output;
    uint64_t manifest = 0;
    const char *failed;
    hdf5_lock();
    status s = begin(&output, path, texts, text_count, &manifest);
    hdf5_unlock();
    TRY(s);
    write_arrays(output.file, arrays, array_count, state, &manifest, &failed);
    hdf5_lock();
    s = end(&output, failed, manifest);
    hdf5_unlock();
    TRY(s);
    s = seal_write(output.names.temporary);
    if (s == ST_OK) return atomic_file_commit(&output.names);
    atomic_file_abandon(&output.names);
    return s;
}

status checkpoint_write(const char *path, const checkpoint_array *arrays, size_t array_count,
                        const checkpoint_text *texts, size_t text_count)
{
    XXH3_state_t *state = XXH3_createState();
    CHECK(state != NULL, ST_INTERNAL, "no memory to write %s", path);
    status s = write_all(path, arrays, array_count, texts, text_count, state);
    XXH3_freeState(state);
    return s;
}
