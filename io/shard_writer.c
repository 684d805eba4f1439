// io/shard_writer.c -- samples gathered in a buffer, written block by block; the rest at the end.
#include "io/shard_writer.h"

#include "io/hdf5_lock.h"
#include "io/hdf5_output.h"
#include "io/pixels.h"
#include "io/shard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES ((size_t)1 << 20) // of pixels, at least one sample

struct shard_writer {
    hdf5_output output;
    sample_shape shape;
    size_t sample_bytes;
    uint64_t count, added, written; // samples: in all, given so far, of these in the file
    hid_t images;
    unsigned char *buffer; // (buffer_samples, sample_bytes)
    uint64_t buffer_samples;
    int64_t *labels; // (count)
    uint32_t *crcs;  // (count)
    // Over all pixels in stored units, per channel. Integers are summed exactly sample by sample.
    double sum[DATASET_MAX_CHANNELS], squares[DATASET_MAX_CHANNELS];
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
    free(w->labels);
    free(w->crcs);
    free(w);
}

// Wants the lock.
static bool create_images(shard_writer *w)
{
    const sample_shape *s = &w->shape;
    hsize_t dims[4] = {w->count, (hsize_t)s->height, (hsize_t)s->width, (hsize_t)s->channels};
    hid_t space = H5Screate_simple(4, dims, NULL);
    w->images = H5Dcreate2(w->output.file, SHARD_IMAGES, pixel_file_type(s->type), space,
                           H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
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
    ASSERT(count > 0 && shape->channels <= DATASET_MAX_CHANNELS);
    shard_writer *w = calloc(1, sizeof *w);
    CHECK(w != NULL, ST_INTERNAL, "no memory to write \"%s\"", path);
    w->shape = *shape;
    w->sample_bytes = sample_bytes(shape);
    w->count = count;
    w->images = -1;
    w->buffer_samples = BUFFER_BYTES / w->sample_bytes;
    if (w->buffer_samples == 0) w->buffer_samples = 1;
    w->buffer = malloc(w->buffer_samples * w->sample_bytes);
    w->labels = calloc(count, sizeof *w->labels);
    w->crcs = calloc(count, sizeof *w->crcs);
    status s = ST_OK;
    if (w->buffer == NULL || w->labels == NULL || w->crcs == NULL)
        s = failure(ST_INTERNAL, "no memory to write \"%s\": use smaller shards", path);
    else
        s = create_file(w, path);
    if (s != ST_OK) {
        free_writer(w);
        return s;
    }
    *opened = w;
    return ST_OK;
}

static void add_moments(shard_writer *w, const void *pixels)
{
    size_t channels = (size_t)w->shape.channels;
    size_t count = (size_t)w->shape.height * (size_t)w->shape.width * channels;
    const uint8_t *bytes = pixels;
    const uint16_t *words = pixels;
    const float *reals = pixels;
    for (size_t c = 0; c < channels; c++) {
        uint64_t sum = 0, squares = 0;
        double real_sum = 0, real_squares = 0;
        switch (w->shape.type) {
        case PIXEL_U8:
            for (size_t i = c; i < count; i += channels)
                sum += bytes[i], squares += (uint64_t)bytes[i] * bytes[i];
            break;
        case PIXEL_U16:
            for (size_t i = c; i < count; i += channels)
                sum += words[i], squares += (uint64_t)words[i] * words[i];
            break;
        case PIXEL_F32:
            for (size_t i = c; i < count; i += channels)
                real_sum += (double)reals[i], real_squares += (double)reals[i] * (double)reals[i];
        }
        w->sum[c] += (double)sum + real_sum;
        w->squares[c] += (double)squares + real_squares;
    }
}

// Writes the buffered samples.
static status flush(shard_writer *w)
{
    uint64_t ready = w->added - w->written;
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
    w->written = w->added;
    return ST_OK;
}

status shard_writer_add(shard_writer *w, const void *pixels, int64_t label)
{
    ASSERT(w->added < w->count);
    w->labels[w->added] = label;
    w->crcs[w->added] = shard_crc32c(pixels, w->sample_bytes);
    add_moments(w, pixels);
    memcpy(w->buffer + (w->added - w->written) * w->sample_bytes, pixels, w->sample_bytes);
    w->added++;
    return w->added - w->written == w->buffer_samples ? flush(w) : ST_OK;
}

// The next four want the lock, and say whether all went well.

static bool write_column(hid_t file, const char *name, hid_t stored, hid_t given, hsize_t count,
                         const void *data)
{
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t column = H5Dcreate2(file, name, stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    bool good = column >= 0 && H5Dwrite(column, given, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0;
    if (column >= 0) H5Dclose(column);
    H5Sclose(space);
    return good;
}

static bool write_attribute(hid_t file, const char *name, hid_t type, hid_t space, const void *data)
{
    hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool good = attribute >= 0 && H5Awrite(attribute, type, data) >= 0;
    if (attribute >= 0) H5Aclose(attribute);
    return good;
}

static bool write_text(hid_t file, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, strlen(text) + 1);
    bool good = write_attribute(file, name, type, space, text);
    H5Sclose(space);
    H5Tclose(type);
    return good;
}

static bool write_moments(const shard_writer *w)
{
    static const double full[] = {[PIXEL_U8] = 255, [PIXEL_U16] = 65535, [PIXEL_F32] = 1};
    float mean[DATASET_MAX_CHANNELS], deviation[DATASET_MAX_CHANNELS];
    double pixels = (double)w->count * w->shape.height * w->shape.width;
    for (int c = 0; c < w->shape.channels; c++) {
        double average = w->sum[c] / pixels;
        double variance = w->squares[c] / pixels - average * average;
        mean[c] = (float)(average / full[w->shape.type]);
        deviation[c] = (float)(sqrt(fmax(variance, 0)) / full[w->shape.type]);
    }
    hsize_t channels = (hsize_t)w->shape.channels;
    hid_t space = H5Screate_simple(1, &channels, NULL);
    bool good =
        write_attribute(w->output.file, SHARD_ATTRIBUTE_MEAN, H5T_NATIVE_FLOAT, space, mean) &&
        write_attribute(w->output.file, SHARD_ATTRIBUTE_STD, H5T_NATIVE_FLOAT, space, deviation);
    H5Sclose(space);
    return good;
}

// Wants the lock.
static bool write_rest(const shard_writer *w)
{
    hid_t file = w->output.file, scalar = H5Screate(H5S_SCALAR);
    int version = SHARD_FORMAT_VERSION;
    bool good = write_text(file, SHARD_ATTRIBUTE_FORMAT, SHARD_FORMAT) &&
                write_attribute(file, SHARD_ATTRIBUTE_VERSION, H5T_NATIVE_INT, scalar, &version) &&
                write_text(file, SHARD_ATTRIBUTE_LAYOUT, "NHWC") &&
                write_text(file, "created_by", "basin") && write_moments(w) &&
                write_column(file, SHARD_CRC, H5T_STD_U32LE, H5T_NATIVE_UINT32, w->count, w->crcs);
    if (good && w->shape.labelled)
        good =
            write_column(file, SHARD_LABELS, H5T_STD_I64LE, H5T_NATIVE_INT64, w->count, w->labels);
    if (good && w->shape.class_names != NULL)
        good = write_text(file, SHARD_ATTRIBUTE_CLASSES, w->shape.class_names);
    H5Sclose(scalar);
    return good;
}

status shard_writer_close(shard_writer *w)
{
    ASSERT(w->added == w->count);
    status s = flush(w);
    if (s == ST_OK) {
        hdf5_lock();
        H5Dclose(w->images);
        s = write_rest(w) ? hdf5_commit(&w->output)
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
