// tests/io/sample_file.h -- HDF5 files with pixels known by formula, in any layout.
#ifndef TESTS_IO_SAMPLE_FILE_H
#define TESTS_IO_SAMPLE_FILE_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct sample_file {
    const char *path, *images, *axes;
    uint64_t first, count; // sample i of the file is sample first + i of the formula
    uint64_t height, width, channels;
    hid_t type;         // of the file: H5T_STD_U8LE ...
    uint64_t chunk[4];  // in the order of axes; all 0: contiguous
    int shuffle, gzip;  // filters: 1 = shuffle, compression level; 0 = none
    uint64_t userblock; // bytes before the HDF5 file
    bool compact;       // inside the object header
    int64_t labels;     // number of classes; 0: no labels
    bool crc;
} sample_file;

// 5 x 4 pixels, 3 channels, uint8, NHWC, contiguous.
sample_file sample_file_initial(const char *path, uint64_t count);

// The same with samples first .. of the formula, 4 classes and checksums.
sample_file sample_file_shard(const char *path, uint64_t first, uint64_t count);

// The formula: whole numbers 0 .. 250, different for neighbours on every axis.
double sample_value(uint64_t sample, uint64_t h, uint64_t w, uint64_t c);

void sample_file_write(const sample_file *f);

// Adds a one-dimensional data set, or a root attribute, of `count` values.
void sample_file_add(const char *path, const char *name, hid_t stored, hid_t given, uint64_t count,
                     const void *values);
void sample_file_describe(const char *path, const char *name, hid_t type, uint64_t count,
                          const void *values);

#endif
