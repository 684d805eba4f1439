// io/checkpoint_write.c -- arrays and texts into a new HDF5 file.
#include "io/checkpoint.h"

#include "io/checkpoint_format.h"
#include "io/hdf5_file.h"
#include "io/hdf5_lock.h"
#include "io/hdf5_output.h"
#include "io/shard.h"

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

static herr_t write_contents(hid_t dataset, const checkpoint_array *array)
{
    if (H5Dwrite(dataset, array_native(array->type), H5S_ALL, H5S_ALL, H5P_DEFAULT, array->data) <
        0)
        return -1;
    uint64_t hash = array_hash(array);
    return write_attribute(dataset, CHECKPOINT_HASH, H5T_STD_U64LE, H5T_NATIVE_UINT64, &hash);
}

// links: makes the groups in a name. layout: contiguous, no times, so that equal contents give
// equal files.
static herr_t write_array(hid_t file, const checkpoint_array *array, hid_t links, hid_t layout)
{
    hsize_t dims[4];
    for (int i = 0; i < array->rank; i++)
        dims[i] = array->dims[i];
    hid_t space =
        array->rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(array->rank, dims, NULL);
    hid_t dataset =
        H5Dcreate2(file, array->name, array_stored(array->type), space, links, layout, H5P_DEFAULT);
    herr_t result = dataset >= 0 ? write_contents(dataset, array) : -1;
    if (dataset >= 0) H5Dclose(dataset);
    H5Sclose(space);
    return result;
}

static status write_arrays(hdf5_output *output, const checkpoint_array *arrays, size_t count)
{
    hid_t links = H5Pcreate(H5P_LINK_CREATE), layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    H5Pset_alloc_time(layout, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(layout, H5D_FILL_TIME_NEVER);
    H5Pset_obj_track_times(layout, false);
    size_t written = 0;
    while (written < count && write_array(output->file, &arrays[written], links, layout) >= 0)
        written++;
    H5Pclose(layout);
    H5Pclose(links);
    return written == count ? ST_OK : hdf5_output_failed(output, arrays[written].name);
}

static status write_texts(hdf5_output *output, const checkpoint_text *texts, size_t count)
{
    int32_t version = CHECKPOINT_FORMAT_VERSION;
    if (write_text(output->file, SHARD_ATTRIBUTE_FORMAT, CHECKPOINT_FORMAT) < 0 ||
        write_attribute(output->file, SHARD_ATTRIBUTE_VERSION, H5T_STD_I32LE, H5T_NATIVE_INT32,
                        &version) < 0)
        return hdf5_output_failed(output, "the format's version");
    for (size_t i = 0; i < count; i++)
        if (write_text(output->file, texts[i].name, texts[i].value) < 0)
            return hdf5_output_failed(output, texts[i].name);
    return ST_OK;
}

static status write_locked(hdf5_output *output, const char *path, const checkpoint_array *arrays,
                           size_t array_count, const checkpoint_text *texts, size_t text_count)
{
    TRY(hdf5_create(output, path));
    TRY(write_texts(output, texts, text_count));
    TRY(write_arrays(output, arrays, array_count));
    return hdf5_commit(output);
}

status checkpoint_write(const char *path, const checkpoint_array *arrays, size_t array_count,
                        const checkpoint_text *texts, size_t text_count)
{
    hdf5_output output;
    hdf5_lock();
    status s = write_locked(&output, path, arrays, array_count, texts, text_count);
    hdf5_unlock();
    return s;
}
