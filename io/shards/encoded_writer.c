// io/shards/encoded_writer.c -- one contiguous column of bytes, so that a reader needs no HDF5 for
// a sample.
#include "io/shards/encoded_writer.h"

#include "io/files/hdf5_lock.h"
#include "io/files/hdf5_output.h"
#include "io/shards/shard.h"

#include <stdlib.h>

struct encoded_writer {
    hdf5_output output;
    hid_t bytes; // data set
    const shard_columns *columns;
    uint64_t *offsets; // (count + 1)
    uint64_t added;
};

static void free_writer(encoded_writer *w)
{
    free(w->offsets);
    free(w);
}

// Wants the lock.
static bool create_bytes(encoded_writer *w)
{
    hsize_t size = w->offsets[w->columns->count];
    hid_t space = H5Screate_simple(1, &size, NULL);
    w->bytes = hdf5_create_dataset(w->output.file, SHARD_BYTES, H5T_STD_U8LE, space);
    H5Sclose(space);
    return w->bytes >= 0;
}

static status create_file(encoded_writer *w, const char *path)
{
    hdf5_lock();
    status s = hdf5_create(&w->output, path);
    if (s == ST_OK && !create_bytes(w)) s = hdf5_output_failed(&w->output, "the images");
    hdf5_unlock();
    return s;
}

status encoded_writer_open(encoded_writer **opened, const char *path, const shard_columns *columns,
                           const uint64_t *sizes)
{
    *opened = NULL;
    ASSERT(columns->count > 0);
    encoded_writer *w = calloc(1, sizeof *w);
    CHECK(w != NULL, ST_INTERNAL, "no memory to write \"%s\"", path);
    w->columns = columns;
    w->bytes = -1;
    w->offsets = calloc(columns->count + 1, sizeof *w->offsets);
    for (uint64_t i = 0; w->offsets != NULL && i < columns->count; i++)
        w->offsets[i + 1] = w->offsets[i] + sizes[i];
    status s = w->offsets == NULL ? failure(ST_INTERNAL, "no memory to write \"%s\"", path)
                                  : create_file(w, path);
    if (s != ST_OK) {
        free_writer(w);
        return s;
    }
    *opened = w;
    return ST_OK;
}

// Wants the lock.
static bool write_bytes(const encoded_writer *w, const encoded_image *e)
{
    hsize_t start = w->offsets[w->added], count = e->size;
    hid_t memory = H5Screate_simple(1, &count, NULL), file = H5Dget_space(w->bytes);
    H5Sselect_hyperslab(file, H5S_SELECT_SET, &start, NULL, &count, NULL);
    herr_t done = H5Dwrite(w->bytes, H5T_NATIVE_UINT8, memory, file, H5P_DEFAULT, e->bytes);
    H5Sclose(memory);
    H5Sclose(file);
    // The output keeps a full disk to itself until commit; there is no use in going on.
    return done >= 0 && w->output.error == 0;
}

status encoded_writer_add(encoded_writer *w, const encoded_image *e)
{
    ASSERT(w->added < w->columns->count);
    CHECK(e->size == w->offsets[w->added + 1] - w->offsets[w->added] &&
              shard_crc32c(e->bytes, e->size) == w->columns->crcs[w->added],
          ST_IO, "%s: was changed while it was packed: start again", e->name);
    hdf5_lock();
    status s = ST_OK;
    if (!write_bytes(w, e)) {
        H5Dclose(w->bytes);
        w->bytes = -1;
        s = hdf5_output_failed(&w->output, "the images");
    }
    hdf5_unlock();
    w->added++;
    return s;
}

// Wants the lock.
static bool write_sizes(const shard_columns *c, hid_t file)
{
    const struct {
        const char *name;
        int value;
    } sizes[] = {{SHARD_ATTRIBUTE_HEIGHT, c->shape.height},
                 {SHARD_ATTRIBUTE_WIDTH, c->shape.width},
                 {SHARD_ATTRIBUTE_MIN_HEIGHT, c->least_height},
                 {SHARD_ATTRIBUTE_MIN_WIDTH, c->least_width},
                 {SHARD_ATTRIBUTE_CHANNELS, c->shape.channels}};
    bool good = true;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && good; i++)
        good =
            shard_write_number(file, sizes[i].name, H5T_STD_I32LE, H5T_NATIVE_INT, &sizes[i].value);
    return good;
}

// Wants the lock.
static bool write_rest(const encoded_writer *w)
{
    const shard_columns *c = w->columns;
    return shard_write_column(w->output.file, SHARD_OFFSETS, H5T_STD_U64LE, H5T_NATIVE_UINT64,
                              c->count + 1, w->offsets) &&
           write_sizes(c, w->output.file) &&
           shard_columns_write(c, w->output.file, SHARD_LAYOUT_ENCODED);
}

status encoded_writer_close(encoded_writer *w)
{
    ASSERT(w->added == w->columns->count);
    hdf5_lock();
    H5Dclose(w->bytes);
    status s = write_rest(w) ? hdf5_commit(&w->output)
                             : hdf5_output_failed(&w->output, "labels and attributes");
    hdf5_unlock();
    free_writer(w);
    return s;
}

void encoded_writer_abandon(encoded_writer *w)
{
    hdf5_lock();
    if (w->bytes >= 0) H5Dclose(w->bytes);
    hdf5_abandon(&w->output);
    hdf5_unlock();
    free_writer(w);
}
