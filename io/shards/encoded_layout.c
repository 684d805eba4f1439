// io/shards/encoded_layout.c -- checks a shard of encoded images before its first sample is read.
#include "io/shards/encoded_layout.h"

#include "io/files/hdf5_attribute.h"
#include "io/files/hdf5_dataset.h"
#include "io/files/hdf5_file.h"
#include "io/files/hdf5_parts.h"
#include "io/files/hdf5_place.h"
#include "io/images/image_decoder.h"
#include "io/shards/shard.h"

#include <inttypes.h>
#include <string.h>

#define BLOCK_OFFSETS 4096

bool encoded_layout_here(hid_t file, const dataset_source *source)
{
    return strcmp(source->images, SHARD_IMAGES) == 0 &&
           H5Lexists(file, SHARD_IMAGES, H5P_DEFAULT) <= 0 &&
           H5Lexists(file, SHARD_BYTES, H5P_DEFAULT) > 0;
}

// One integer each; 0 when there is none.
static status read_sizes(shard_layout *l, hid_t file)
{
    int least_height = 0, least_width = 0;
    const hdf5_numbers sizes[] = {{SHARD_ATTRIBUTE_HEIGHT, 1, H5T_NATIVE_INT, &l->height},
                                  {SHARD_ATTRIBUTE_WIDTH, 1, H5T_NATIVE_INT, &l->width},
                                  {SHARD_ATTRIBUTE_MIN_HEIGHT, 1, H5T_NATIVE_INT, &least_height},
                                  {SHARD_ATTRIBUTE_MIN_WIDTH, 1, H5T_NATIVE_INT, &least_width},
                                  {SHARD_ATTRIBUTE_CHANNELS, 1, H5T_NATIVE_INT, &l->channels}};
    l->height = l->width = l->channels = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        bool found;
        TRY(hdf5_read_numbers(file, l->path, &sizes[i], &found));
    }
    l->one_size = least_height == l->height && least_width == l->width;
    CHECK(l->height > 0 && l->width > 0 && l->height <= IMAGE_MAX_PIXELS / l->width, ST_BAD_DATA,
          "%s: attributes " SHARD_ATTRIBUTE_HEIGHT " and " SHARD_ATTRIBUTE_WIDTH
          " are %d and %d; the size of the largest image is expected: pack it again",
          l->path, l->height, l->width);
    CHECK(l->channels == 3, ST_BAD_DATA,
          "%s: attribute " SHARD_ATTRIBUTE_CHANNELS
          " is %d, but JPEG, PNG and TIFF images become RGB, 3",
          l->path, l->channels);
    return ST_OK;
}

static status check_offsets(shard_layout *l, hid_t offsets, uint64_t bytes)
{
    char reason[HDF5_TEXT_SIZE];
    uint64_t block[BLOCK_OFFSETS], before = 0;
    for (uint64_t first = 0; first <= l->count; first += BLOCK_OFFSETS) {
        uint64_t left = l->count + 1 - first, count = left < BLOCK_OFFSETS ? left : BLOCK_OFFSETS;
        CHECK(hdf5_read_column(offsets, first, count, H5T_NATIVE_UINT64, block) >= 0, ST_IO,
              "%s: " SHARD_OFFSETS " cannot be read (%s)", l->path, hdf5_reason(reason));
        for (uint64_t i = 0; i < count; i++) {
            uint64_t number = first + i;
            CHECK(number == 0 ? block[i] == 0 : block[i] > before, ST_BAD_DATA,
                  "%s: " SHARD_OFFSETS " must begin with 0 and grow, but number %" PRIu64
                  " is %" PRIu64 " after %" PRIu64 ": the file is damaged, pack it again",
                  l->path, number, block[i], before);
            if (block[i] - before > l->largest_bytes) l->largest_bytes = block[i] - before;
            before = block[i];
        }
    }
    CHECK(before == bytes, ST_BAD_DATA,
          "%s: " SHARD_OFFSETS " ends with %" PRIu64 ", but " SHARD_BYTES " holds %" PRIu64
          " bytes: the file is damaged, pack it again",
          l->path, before, bytes);
    return ST_OK;
}

static status read_offsets(shard_layout *l, hid_t file, hid_t offsets, uint64_t bytes)
{
    uint64_t unwritten;
    hid_t type = H5Dget_type(offsets);
    bool integer = H5Tget_class(type) == H5T_INTEGER;
    H5Tclose(type);
    int64_t length = hdf5_column_length(offsets);
    CHECK(integer && length >= 2, ST_BAD_DATA,
          "%s: " SHARD_OFFSETS " must be one column of integers, one more than there are images",
          l->path);
    l->count = (uint64_t)length - 1;
    TRY(hdf5_check_parts(offsets, l->path, SHARD_OFFSETS, 0, &unwritten));
    TRY(hdf5_find_place(file, l->path, offsets, H5T_NATIVE_UINT64, &l->offsets_offset));
    return check_offsets(l, offsets, bytes);
}

static status read_bytes(shard_layout *l, hid_t file, hid_t bytes, uint64_t *count)
{
    uint64_t unwritten;
    hid_t type = H5Dget_type(bytes);
    bool right = H5Tequal(type, H5T_NATIVE_UINT8) > 0;
    H5Tclose(type);
    int64_t length = hdf5_column_length(bytes);
    CHECK(right && length >= 0, ST_BAD_DATA, "%s: " SHARD_BYTES " must be one column of uint8",
          l->path);
    *count = (uint64_t)length;
    TRY(hdf5_check_parts(bytes, l->path, SHARD_BYTES, 0, &unwritten));
    return hdf5_find_place(file, l->path, bytes, H5T_NATIVE_UINT8, &l->offset);
}

status encoded_layout_read(shard_layout *l, hid_t file, const dataset_source *source)
{
    uint64_t count = 0;
    bool usual = source->axes[0] == '\0' || strcmp(source->axes, "auto") == 0 ||
                 strcasecmp(source->axes, "NHWC") == 0;
    CHECK(usual, ST_CONFIG,
          "%s: holds JPEG, PNG or TIFF images, whose axes are \"NHWC\" and not \"%s\"", l->path,
          source->axes);
    l->storage = STORED_ENCODED;
    l->type = PIXEL_U8;
    TRY(read_sizes(l, file));
    hid_t bytes, offsets;
    TRY(hdf5_open_dataset(&bytes, file, l->path, "images", SHARD_BYTES));
    status s = read_bytes(l, file, bytes, &count);
    H5Dclose(bytes);
    TRY(s);
    TRY(hdf5_open_dataset(&offsets, file, l->path, "images' places", SHARD_OFFSETS));
    s = read_offsets(l, file, offsets, count);
    H5Dclose(offsets);
    return s;
}
