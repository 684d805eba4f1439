// tests/io/sample_file.c -- writes through HDF5 alone, so it is independent of what is tested.
#include "tests/io/sample_file.h"

#include "tests/check.h"

#include "io/shards/shard.h"

#include <stdlib.h>

sample_file sample_file_initial(const char *path, uint64_t count)
{
    return (sample_file){.path = path,
                         .images = "/images",
                         .axes = "NHWC",
                         .count = count,
                         .height = 5,
                         .width = 4,
                         .channels = 3,
                         .type = H5T_STD_U8LE};
}

sample_file sample_file_shard(const char *path, uint64_t first, uint64_t count)
{
    sample_file f = sample_file_initial(path, count);
    f.first = first;
    f.labels = 4;
    f.crc = true;
    return f;
}

double sample_value(uint64_t sample, uint64_t h, uint64_t w, uint64_t c)
{
    return (double)((sample * 37 + h * 59 + w * 13 + c * 101) % 251);
}

// Writes the formula in the order of axes, as doubles that HDF5 converts.
static double *make_values(const sample_file *f, const hsize_t dims[4], int rank)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= dims[i];
    double *values = malloc(count * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < count; i++) {
        size_t rest = i, at[4] = {0};
        for (int axis = rank - 1; axis >= 0; axis--) {
            at[strchr("NHWC", f->axes[axis]) - "NHWC"] = rest % dims[axis];
            rest /= dims[axis];
        }
        values[i] = sample_value(f->first + at[0], at[1], at[2], at[3]);
    }
    return values;
}

static void write_images(const sample_file *f, hid_t file)
{
    int rank = (int)strlen(f->axes);
    const uint64_t sizes[4] = {f->count, f->height, f->width, f->channels};
    hsize_t dims[4], chunk[4];
    for (int i = 0; i < rank; i++) {
        dims[i] = sizes[strchr("NHWC", f->axes[i]) - "NHWC"];
        chunk[i] = f->chunk[i];
    }
    hid_t links = H5Pcreate(H5P_LINK_CREATE), settings = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    if (f->compact) H5Pset_layout(settings, H5D_COMPACT);
    if (f->chunk[0] != 0) H5Pset_chunk(settings, rank, chunk);
    if (f->shuffle != 0) H5Pset_shuffle(settings);
    if (f->gzip != 0) H5Pset_deflate(settings, (unsigned)f->gzip);
    hid_t space = H5Screate_simple(rank, dims, NULL);
    hid_t images = H5Dcreate2(file, f->images, f->type, space, links, settings, H5P_DEFAULT);
    assert_true(images >= 0);
    double *values = make_values(f, dims, rank);
    assert_true(H5Dwrite(images, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    free(values);
    H5Dclose(images);
    H5Sclose(space);
    H5Pclose(settings);
    H5Pclose(links);
}

void sample_file_write(const sample_file *f)
{
    hid_t settings = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_userblock(settings, f->userblock);
    hid_t file = H5Fcreate(f->path, H5F_ACC_TRUNC, settings, H5P_DEFAULT);
    assert_true(file >= 0);
    H5Pclose(settings);
    write_images(f, file);
    H5Fclose(file);
    int64_t *labels = calloc(f->count, sizeof *labels);
    uint32_t *crcs = calloc(f->count, sizeof *crcs);
    unsigned char *pixels = calloc(f->height * f->width * f->channels, 1);
    for (uint64_t i = 0; i < f->count; i++) {
        labels[i] = f->labels > 0 ? (int64_t)(f->first + i) % f->labels : -1;
        unsigned char *next = pixels; // uint8, NHWC
        for (uint64_t h = 0; h < f->height; h++)
            for (uint64_t w = 0; w < f->width; w++)
                for (uint64_t c = 0; c < f->channels; c++)
                    *next++ = (unsigned char)sample_value(f->first + i, h, w, c);
        crcs[i] = shard_crc32c(pixels, f->height * f->width * f->channels);
    }
    if (f->labels > 0)
        sample_file_add(f->path, SHARD_LABELS, H5T_STD_I64LE, H5T_NATIVE_INT64, f->count, labels);
    if (f->crc)
        sample_file_add(f->path, SHARD_CRC, H5T_STD_U32LE, H5T_NATIVE_UINT32, f->count, crcs);
    free(labels);
    free(crcs);
    free(pixels);
}

void sample_file_add(const char *path, const char *name, hid_t stored, hid_t given, uint64_t count,
                     const void *values)
{
    hsize_t size = count;
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), space = H5Screate_simple(1, &size, NULL);
    hid_t column = H5Dcreate2(file, name, stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(column, given, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(column);
    H5Sclose(space);
    H5Fclose(file);
}

void sample_file_describe(const char *path, const char *name, hid_t type, uint64_t count,
                          const void *values)
{
    hsize_t size = count;
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), space = H5Screate_simple(1, &size, NULL);
    hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, values) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Fclose(file);
}
