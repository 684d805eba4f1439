// io/shards/shard_columns.c -- sums and checksums sample by sample, and all of it into the file at
// the end.
#include "io/shards/shard_columns.h"

#include "io/files/hdf5_output.h"
#include "io/shards/shard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

status shard_columns_create(shard_columns *c, const char *path, const sample_shape *shape,
                            uint64_t room)
{
    ASSERT(room > 0 && shape->channels <= DATASET_MAX_CHANNELS);
    *c = (shard_columns){.shape = *shape, .room = room};
    c->labels = calloc(room, sizeof *c->labels);
    c->crcs = calloc(room, sizeof *c->crcs);
    if (shape->coarse) c->coarse = calloc(room, sizeof *c->coarse);
    bool enough = c->labels != NULL && c->crcs != NULL && (!shape->coarse || c->coarse != NULL);
    if (enough) return ST_OK;
    shard_columns_free(c);
    return failure(ST_INTERNAL, "no memory to write \"%s\": use smaller shards", path);
}

void shard_columns_free(shard_columns *c)
{
    free(c->labels);
    free(c->coarse);
    free(c->crcs);
    c->labels = c->coarse = NULL;
    c->crcs = NULL;
}

static void add_moments(shard_columns *c, const void *pixels, int height, int width)
{
    size_t channels = (size_t)c->shape.channels;
    size_t count = (size_t)height * (size_t)width * channels;
    const uint8_t *bytes = pixels;
    const uint16_t *words = pixels;
    const float *reals = pixels;
    double pixel_count = (double)height * width, divisor = c->varied ? pixel_count : 1;
    for (size_t channel = 0; channel < channels; channel++) {
        uint64_t sum = 0, squares = 0;
        double real_sum = 0, real_squares = 0;
        switch (c->shape.type) {
        case PIXEL_U8:
            for (size_t i = channel; i < count; i += channels)
                sum += bytes[i], squares += (uint64_t)bytes[i] * bytes[i];
            break;
        case PIXEL_U16:
            for (size_t i = channel; i < count; i += channels)
                sum += words[i], squares += (uint64_t)words[i] * words[i];
            break;
        case PIXEL_F32:
            for (size_t i = channel; i < count; i += channels)
                real_sum += (double)reals[i], real_squares += (double)reals[i] * (double)reals[i];
        }
        c->sum[channel] += ((double)sum + real_sum) / divisor;
        c->squares[channel] += ((double)squares + real_squares) / divisor;
    }
    c->weight += pixel_count / divisor;
}

void shard_columns_add(shard_columns *c, const shard_sample *sample)
{
    ASSERT(c->count < c->room);
    if (c->shape.labelled) c->labels[c->count] = sample->labels[0];
    if (c->shape.coarse) c->coarse[c->count] = sample->labels[1];
    c->crcs[c->count] = shard_crc32c(sample->stored, sample->stored_bytes);
    add_moments(c, sample->pixels, sample->height, sample->width);
    if (c->count == 0 || sample->height < c->least_height) c->least_height = sample->height;
    if (c->count == 0 || sample->width < c->least_width) c->least_width = sample->width;
    c->count++;
}

// Those that write want the lock, and say whether all went well.

bool shard_write_column(hid_t file, const char *name, hid_t stored, hid_t given, hsize_t count,
                        const void *values)
{
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t column = hdf5_create_dataset(file, name, stored, space);
    bool good = column >= 0 && H5Dwrite(column, given, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    if (column >= 0) H5Dclose(column);
    H5Sclose(space);
    return good;
}

static bool write_attribute(hid_t file, const char *name, hid_t type, hid_t space,
                            const void *values)
{
    hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool good = attribute >= 0 && H5Awrite(attribute, type, values) >= 0;
    if (attribute >= 0) H5Aclose(attribute);
    return good;
}

bool shard_write_text(hid_t file, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, strlen(text) + 1);
    bool good = write_attribute(file, name, type, space, text);
    H5Sclose(space);
    H5Tclose(type);
    return good;
}

bool shard_write_number(hid_t file, const char *name, hid_t stored, hid_t given, const void *value)
{
    hid_t scalar = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(file, name, stored, scalar, H5P_DEFAULT, H5P_DEFAULT);
    bool good = attribute >= 0 && H5Awrite(attribute, given, value) >= 0;
    if (attribute >= 0) H5Aclose(attribute);
    H5Sclose(scalar);
    return good;
}

static bool write_moments(const shard_columns *c, hid_t file)
{
    static const double full[] = {[PIXEL_U8] = 255, [PIXEL_U16] = 65535, [PIXEL_F32] = 1};
    float mean[DATASET_MAX_CHANNELS], deviation[DATASET_MAX_CHANNELS];
    for (int i = 0; i < c->shape.channels; i++) {
        double average = c->sum[i] / c->weight;
        double variance = c->squares[i] / c->weight - average * average;
        mean[i] = (float)(average / full[c->shape.type]);
        deviation[i] = (float)(sqrt(fmax(variance, 0)) / full[c->shape.type]);
    }
    hsize_t channels = (hsize_t)c->shape.channels;
    hid_t space = H5Screate_simple(1, &channels, NULL);
    bool good = write_attribute(file, SHARD_ATTRIBUTE_MEAN, H5T_NATIVE_FLOAT, space, mean) &&
                write_attribute(file, SHARD_ATTRIBUTE_STD, H5T_NATIVE_FLOAT, space, deviation);
    H5Sclose(space);
    return good;
}

static bool write_source(const shard_source *s, hid_t file)
{
    if (s->hash == 0) return true;
    return shard_write_number(file, SHARD_ATTRIBUTE_SOURCE, H5T_STD_U64LE, H5T_NATIVE_UINT64,
                              &s->hash) &&
           shard_write_number(file, SHARD_ATTRIBUTE_LEFT_OUT, H5T_STD_U64LE, H5T_NATIVE_UINT64,
                              &s->left_out) &&
           shard_write_number(file, SHARD_ATTRIBUTE_CONTENTS, H5T_STD_U64LE, H5T_NATIVE_UINT64,
                              &s->contents);
}

bool shard_columns_write(const shard_columns *c, hid_t file, const char *layout)
{
    int version = SHARD_FORMAT_VERSION;
    bool good =
        shard_write_text(file, SHARD_ATTRIBUTE_FORMAT, SHARD_FORMAT) &&
        shard_write_number(file, SHARD_ATTRIBUTE_VERSION, H5T_NATIVE_INT, H5T_NATIVE_INT,
                           &version) &&
        shard_write_text(file, SHARD_ATTRIBUTE_LAYOUT, layout) &&
        shard_write_text(file, "created_by", "basin") && write_moments(c, file) &&
        write_source(&c->source, file) &&
        shard_write_column(file, SHARD_CRC, H5T_STD_U32LE, H5T_NATIVE_UINT32, c->count, c->crcs);
    if (good && c->shape.labelled)
        good = shard_write_column(file, SHARD_LABELS, H5T_STD_I64LE, H5T_NATIVE_INT64, c->count,
                                  c->labels);
    if (good && c->shape.coarse)
        good = shard_write_column(file, SHARD_COARSE_LABELS, H5T_STD_I64LE, H5T_NATIVE_INT64,
                                  c->count, c->coarse);
    if (good && c->shape.class_names != NULL)
        good = shard_write_text(file, SHARD_ATTRIBUTE_CLASSES, c->shape.class_names);
    return good;
}
