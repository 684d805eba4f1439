// io/shards/code_writer.c -- entries gathered in a buffer, appended to two chunked data sets block
// by block.
#include "io/shards/code_writer.h"

#include "io/files/hdf5_lock.h"
#include "io/files/hdf5_output.h"
#include "io/shards/shard.h"
#include "io/shards/shard_columns.h"

#include <stdlib.h>

#define BLOCK_ENTRIES 65536 // of the buffer, and of a chunk in the file

struct code_writer {
    hdf5_output output;
    hid_t index, value; // data sets; -1: closed
    uint64_t samples, added;
    uint64_t *offsets;                 // (samples + 1)
    uint64_t written;                  // entries in the file
    size_t waiting;                    // entries in the buffer
    int32_t *indices;                  // (BLOCK_ENTRIES)
    float *values;                     // (BLOCK_ENTRIES)
    float *energies, *reconstructions; // (samples)
};

static void free_writer(code_writer *w)
{
    free(w->offsets);
    free(w->indices);
    free(w->values);
    free(w->energies);
    free(w->reconstructions);
    free(w);
}

// Wants the lock, as all down to code_writer_open.
static hid_t create_column(hid_t file, const char *name, hid_t type)
{
    hsize_t none = 0, most = H5S_UNLIMITED, chunk = BLOCK_ENTRIES;
    hid_t space = H5Screate_simple(1, &none, &most), layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(layout, 1, &chunk);
    H5Pset_obj_track_times(layout, false);
    hid_t column = H5Dcreate2(file, name, type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    H5Pclose(layout);
    H5Sclose(space);
    return column;
}

static bool write_integer(hid_t file, const char *name, int32_t value)
{
    return shard_write_number(file, name, H5T_STD_I32LE, H5T_NATIVE_INT32, &value);
}

static bool write_floats(hid_t file, const char *name, hsize_t count, const float *values)
{
    return shard_write_column(file, name, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, count, values);
}

static bool write_dictionary(hid_t file, const code_origin *o)
{
    const hsize_t channels = (hsize_t)o->channels, kernel = (hsize_t)o->kernel;
    const hsize_t dims[4] = {(hsize_t)o->atoms, channels, kernel, kernel};
    hid_t space = H5Screate_simple(4, dims, NULL);
    hid_t set = hdf5_create_dataset(file, "dictionary", H5T_IEEE_F32LE, space);
    bool good = set >= 0 &&
                H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, o->dictionary) >= 0;
    if (set >= 0) H5Dclose(set);
    H5Sclose(space);
    return good && write_floats(file, "mean", channels, o->mean) &&
           write_floats(file, "deviation", channels, o->deviation) &&
           write_floats(file, "range", 2, o->range);
}

static bool write_origin(hid_t file, const code_origin *o)
{
    char hash[17];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)o->checkpoint_hash);
    return shard_write_text(file, SHARD_ATTRIBUTE_FORMAT, CODE_FORMAT) &&
           write_integer(file, SHARD_ATTRIBUTE_VERSION, CODE_FORMAT_VERSION) &&
           write_integer(file, "atoms", o->atoms) && write_integer(file, "height", o->height) &&
           write_integer(file, "width", o->width) && write_integer(file, "kernel", o->kernel) &&
           write_integer(file, "channels", o->channels) &&
           write_integer(file, "view_height", o->view_height) &&
           write_integer(file, "view_width", o->view_width) &&
           write_integer(file, "margin", o->margin) &&
           shard_write_text(file, "recipe", o->recipe) &&
           shard_write_number(file, "lambda", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &o->lambda) &&
           shard_write_text(file, "border", o->border) &&
           shard_write_text(file, "lambda_unit", o->lambda_unit) &&
           shard_write_text(file, "run", o->run) && shard_write_text(file, "checkpoint", hash);
}

static void close_columns(code_writer *w)
{
    if (w->index >= 0) H5Dclose(w->index);
    if (w->value >= 0) H5Dclose(w->value);
    w->index = w->value = -1;
}

static status create_file(code_writer *w, const char *path, const code_origin *origin)
{
    TRY(hdf5_create(&w->output, path));
    w->index = create_column(w->output.file, "index", H5T_STD_I32LE);
    w->value = create_column(w->output.file, "value", H5T_IEEE_F32LE);
    if (w->index >= 0 && w->value >= 0 && write_origin(w->output.file, origin) &&
        write_dictionary(w->output.file, origin))
        return ST_OK;
    close_columns(w);
    return hdf5_output_failed(&w->output, "the codes");
}

status code_writer_open(code_writer **opened, const char *path, const code_origin *origin,
                        uint64_t samples)
{
    *opened = NULL;
    code_writer *w = calloc(1, sizeof *w);
    CHECK(w != NULL, ST_INTERNAL, "no memory to write \"%s\"", path);
    w->index = w->value = -1;
    w->samples = samples;
    w->offsets = calloc(samples + 1, sizeof *w->offsets);
    w->indices = malloc(BLOCK_ENTRIES * sizeof *w->indices);
    w->values = malloc(BLOCK_ENTRIES * sizeof *w->values);
    w->energies = calloc(samples + 1, sizeof *w->energies);
    w->reconstructions = calloc(samples + 1, sizeof *w->reconstructions);
    status s = ST_OK;
    if (w->offsets == NULL || w->indices == NULL || w->values == NULL || w->energies == NULL ||
        w->reconstructions == NULL)
        s = failure(ST_INTERNAL, "no memory to write \"%s\"", path);
    if (s == ST_OK) {
        hdf5_lock();
        s = create_file(w, path, origin);
        hdf5_unlock();
    }
    if (s != ST_OK) {
        free_writer(w);
        return s;
    }
    *opened = w;
    return ST_OK;
}

// Wants the lock.
static bool append(hid_t column, hid_t type, hsize_t at, hsize_t count, const void *data)
{
    hsize_t size = at + count;
    if (H5Dset_extent(column, &size) < 0) return false;
    hid_t memory = H5Screate_simple(1, &count, NULL), file = H5Dget_space(column);
    H5Sselect_hyperslab(file, H5S_SELECT_SET, &at, NULL, &count, NULL);
    herr_t done = H5Dwrite(column, type, memory, file, H5P_DEFAULT, data);
    H5Sclose(memory);
    H5Sclose(file);
    return done >= 0;
}

// Writes the buffer.
static status flush(code_writer *w)
{
    if (w->waiting == 0) return ST_OK;
    hdf5_lock();
    bool good = append(w->index, H5T_NATIVE_INT32, w->written, w->waiting, w->indices) &&
                append(w->value, H5T_NATIVE_FLOAT, w->written, w->waiting, w->values);
    status s = ST_OK;
    // The output keeps a full disk to itself until commit; there is no use in going on.
    if (!good || w->output.error != 0) {
        close_columns(w);
        s = hdf5_output_failed(&w->output, "the codes");
    }
    hdf5_unlock();
    w->written += w->waiting;
    w->waiting = 0;
    return s;
}

status code_writer_add(code_writer *w, const code_entry *entries, size_t count,
                       const code_result *result)
{
    ASSERT(w->added < w->samples);
    w->energies[w->added] = result->energy;
    w->reconstructions[w->added] = result->reconstruction;
    for (size_t i = 0; i < count; i++) {
        w->indices[w->waiting] = entries[i].index;
        w->values[w->waiting] = entries[i].value;
        if (++w->waiting == BLOCK_ENTRIES) TRY(flush(w));
    }
    w->added++;
    w->offsets[w->added] = w->written + w->waiting;
    return ST_OK;
}

status code_writer_close(code_writer *w)
{
    ASSERT(w->added == w->samples);
    status s = flush(w);
    if (s == ST_OK) {
        hdf5_lock();
        close_columns(w);
        hid_t file = w->output.file;
        s = shard_write_column(file, "row_offsets", H5T_STD_U64LE, H5T_NATIVE_UINT64,
                               w->samples + 1, w->offsets) &&
                    write_floats(file, "energy", w->samples, w->energies) &&
                    write_floats(file, "reconstruction", w->samples, w->reconstructions)
                ? hdf5_commit(&w->output)
                : hdf5_output_failed(&w->output, "the codes' offsets");
        hdf5_unlock();
    }
    free_writer(w);
    return s;
}

void code_writer_abandon(code_writer *w)
{
    if (w == NULL) return;
    hdf5_lock();
    close_columns(w);
    hdf5_abandon(&w->output);
    hdf5_unlock();
    free_writer(w);
}
