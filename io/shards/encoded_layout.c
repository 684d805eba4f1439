// io/shards/encoded_layout.c -- checks a shard of encoded images before its first sample is read.
#include "io/shards/encoded_layout.h"

#include "io/files/hdf5_attribute.h"
#include "io/files/hdf5_file.h"
#include "io/images/image_decoder.h"
#include "io/shards/shard.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

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

// Where the values of a data set stand in the file, as `type` has them; 0: only HDF5 can tell.
static uint64_t find_values(hid_t set, hid_t type)
{
    hid_t stored = H5Dget_type(set), settings = H5Dget_create_plist(set);
    haddr_t offset = H5Pget_layout(settings) == H5D_CONTIGUOUS ? H5Dget_offset(set) : HADDR_UNDEF;
    if (H5Tequal(stored, type) <= 0) offset = HADDR_UNDEF;
    H5Pclose(settings);
    H5Tclose(stored);
    return offset != HADDR_UNDEF ? offset : 0;
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

static status read_offsets(shard_layout *l, hid_t offsets, uint64_t bytes)
{
    hid_t type = H5Dget_type(offsets);
    bool integer = H5Tget_class(type) == H5T_INTEGER;
    H5Tclose(type);
    int64_t length = hdf5_column_length(offsets);
    CHECK(integer && length >= 2, ST_BAD_DATA,
          "%s: " SHARD_OFFSETS " must be one column of integers, one more than there are images",
          l->path);
    l->count = (uint64_t)length - 1;
    l->offsets_offset = find_values(offsets, H5T_NATIVE_UINT64);
    return check_offsets(l, offsets, bytes);
}

static status read_bytes(shard_layout *l, hid_t bytes, uint64_t *count)
{
    struct stat about;
    hid_t type = H5Dget_type(bytes);
    bool right = H5Tequal(type, H5T_NATIVE_UINT8) > 0;
    H5Tclose(type);
    int64_t length = hdf5_column_length(bytes);
    CHECK(right && length >= 0, ST_BAD_DATA, "%s: " SHARD_BYTES " must be one column of uint8",
          l->path);
    *count = (uint64_t)length;
    l->offset = find_values(bytes, H5T_NATIVE_UINT8);
    CHECK(l->offset == 0 ||
              (stat(l->path, &about) == 0 && (uint64_t)about.st_size >= l->offset + *count),
          ST_BAD_DATA,
          "%s: truncated: the images end at byte %" PRIu64 ", the file before: copy it again",
          l->path, l->offset + *count);
    return ST_OK;
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
    hid_t bytes = H5Dopen2(file, SHARD_BYTES, H5P_DEFAULT);
    if (bytes < 0) return hdf5_no_dataset(file, l->path, "images", SHARD_BYTES);
    status s = read_bytes(l, bytes, &count);
    H5Dclose(bytes);
    TRY(s);
    hid_t offsets = H5Dopen2(file, SHARD_OFFSETS, H5P_DEFAULT);
    if (offsets < 0) return hdf5_no_dataset(file, l->path, "images' places", SHARD_OFFSETS);
    s = read_offsets(l, offsets, count);
    H5Dclose(offsets);
    return s;
}
