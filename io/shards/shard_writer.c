// io/shards/shard_writer.c -- samples gathered in a buffer, written block by block; the rest at the
// end.
#include "io/shards/shard_writer.h"

#include "io/files/hdf5_lock.h"
#include "io/files/hdf5_output.h"
#include "io/images/pixels.h"
#include "io/shards/shard.h"
#include "io/shards/shard_columns.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES ((size_t)1 << 20) // of pixels, at least one sample

struct shard_writer {
    hdf5_output output;
    sample_shape shape;
    size_t sample_bytes;
    uint64_t count, written; // samples: in all, in the file
    hid_t images;
    unsigned char *buffer; // (buffer_samples, sample_bytes)
    uint64_t buffer_samples;
    shard_columns columns;
};

size_t sample_bytes(const sample_shape *shape)
{
    return (size_t)shape->height * (size_t)shape->width * (size_t)shape->channels *
           pixel_bytes(shape->type);
}

static hid_t pixel_file_type(pixel_type type)
{
    return type == PIXEL_U8 ? H5T_STD_U8LE : type == PIXEL_U16 ? H5T_STD_U16LE : H5T_IEEE_F32LE;
}

static hid_t pixel_memory_type(pixel_type type)
{
    return type == PIXEL_U8    ? H5T_NATIVE_UINT8
           : type == PIXEL_U16 ? H5T_NATIVE_UINT16
                               : H5T_NATIVE_FLOAT;
}

static void free_writer(shard_writer *w)
{
    free(w->buffer);
    shard_columns_free(&w->columns);
    free(w);
}

// Wants the lock.
static bool create_images(shard_writer *w)
{
    const sample_shape *s = &w->shape;
    hsize_t dims[4] = {w->count, (hsize_t)s->height, (hsize_t)s->width, (hsize_t)s->channels};
    hid_t space = H5Screate_simple(4, dims, NULL);
    w->images = hdf5_create_dataset(w->output.file, SHARD_IMAGES, pixel_file_type(s->type), space);
    H5Sclose(space);
    return w->images >= 0;
}

static status create_file(shard_writer *w, const char *path)
{
    hdf5_lock();
    status s = hdf5_create(&w->output, path);
    if (s == ST_OK && !create_images(w)) s = hdf5_output_failed(&w->output, "the images");
    hdf5_unlock();
    return s;
}

status shard_writer_open(shard_writer **opened, const char *path, const sample_shape *shape,
                         uint64_t count)
{
    *opened = NULL;
    shard_writer *w = calloc(1, sizeof *w);
    CHECK(w != NULL, ST_INTERNAL, "no memory to write \"%s\"", path);
    w->shape = *shape;
    w->sample_bytes = sample_bytes(shape);
    w->count = count;
    w->images = -1;
    w->buffer_samples = BUFFER_BYTES / w->sample_bytes;
    if (w->buffer_samples == 0) w->buffer_samples = 1;
    w->buffer = malloc(w->buffer_samples * w->sample_bytes);
    status s = shard_columns_create(&w->columns, path, shape, count);
    if (s == ST_OK && w->buffer == NULL)
        s = failure(ST_INTERNAL, "no memory to write \"%s\"", path);
    if (s == ST_OK) s = create_file(w, path);
    if (s != ST_OK) {
        free_writer(w);
        return s;
    }
    *opened = w;
    return ST_OK;
}

// Writes the buffered samples.
static status flush(shard_writer *w)
{
    uint64_t ready = w->columns.count - w->written;
    if (ready == 0) return ST_OK;
    const sample_shape *s = &w->shape;
    hsize_t start[4] = {w->written, 0, 0, 0};
    hsize_t block[4] = {ready, (hsize_t)s->height, (hsize_t)s->width, (hsize_t)s->channels};
    hdf5_lock();
    hid_t memory = H5Screate_simple(4, block, NULL), file = H5Dget_space(w->images);
    H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, block, NULL);
    herr_t done =
        H5Dwrite(w->images, pixel_memory_type(s->type), memory, file, H5P_DEFAULT, w->buffer);
    H5Sclose(memory);
    H5Sclose(file);
    hdf5_unlock();
    // The output keeps a full disk to itself until commit; there is no use in going on.
    if (done < 0 || w->output.error != 0) {
        hdf5_lock();
        H5Dclose(w->images);
        w->images = -1;
        status failed = hdf5_output_failed(&w->output, "the images");
        hdf5_unlock();
        return failed;
    }
    w->written += ready;
    return ST_OK;
}

status shard_writer_add(shard_writer *w, const void *pixels, const int64_t *labels)
{
    const sample_shape *shape = &w->shape;
    uint64_t waiting = w->columns.count - w->written;
    memcpy(w->buffer + waiting * w->sample_bytes, pixels, w->sample_bytes);
    shard_columns_add(&w->columns, &(shard_sample){pixels, w->sample_bytes, pixels, shape->height,
                                                   shape->width, labels});
    return waiting + 1 == w->buffer_samples ? flush(w) : ST_OK;
}

void shard_writer_set_source(shard_writer *w, const shard_source *source)
{
    w->columns.source = *source;
}

status shard_writer_close(shard_writer *w)
{
    ASSERT(w->columns.count == w->count);
    status s = flush(w);
    if (s == ST_OK) {
        hdf5_lock();
        H5Dclose(w->images);
        s = shard_columns_write(&w->columns, w->output.file, SHARD_LAYOUT_PLAIN)
                ? hdf5_commit(&w->output)
                : hdf5_output_failed(&w->output, "labels and attributes");
        hdf5_unlock();
    }
    free_writer(w);
    return s;
}

void shard_writer_abandon(shard_writer *w)
{
    hdf5_lock();
    if (w->images >= 0) H5Dclose(w->images);
    hdf5_abandon(&w->output);
    hdf5_unlock();
    free_writer(w);
}
