// io/shards/shard_layout.c -- opens a file once and writes down how its samples lie.
#include "io/shards/shard_layout.h"

#include "io/shards/encoded_layout.h"
#include "io/files/hdf5_attribute.h"
#include "io/files/hdf5_dataset.h"
#include "io/files/hdf5_file.h"
#include "io/files/hdf5_lock.h"
#include "io/files/hdf5_parts.h"
#include "io/files/hdf5_place.h"
#include "io/shards/shard.h"
#include "io/shards/shard_axes.h"
#include "io/shards/shard_labels.h"
#include "io/shards/shard_type.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OTHERWISE_BLOCK_BYTES ((size_t)1 << 20) // where no chunk size says how much to read at once

size_t shard_sample_pixels(const shard_layout *l)
{
    return (size_t)l->height * (size_t)l->width * (size_t)l->channels;
}

bool shard_counts(const shard_layout *l)
{
    for (int i = 0; i < l->rank; i++)
        if (l->axes[i] == AXIS_N) return true;
    return false;
}

void shard_dims(const shard_layout *l, uint64_t samples, uint64_t dims[4])
{
    const uint64_t sizes[] = {[AXIS_N] = samples,
                              [AXIS_H] = (uint64_t)l->height,
                              [AXIS_W] = (uint64_t)l->width,
                              [AXIS_C] = (uint64_t)l->channels};
    for (int i = 0; i < l->rank; i++)
        dims[i] = sizes[l->axes[i]];
}

// The one order that the file itself names, if it is a shard of ours.
static bool is_own_order(hid_t file)
{
    char *format = hdf5_get_text(file, SHARD_ATTRIBUTE_FORMAT);
    char *layout = hdf5_get_text(file, SHARD_ATTRIBUTE_LAYOUT);
    bool own = format != NULL && layout != NULL && strcmp(format, SHARD_FORMAT) == 0 &&
               strcmp(layout, SHARD_LAYOUT_PLAIN) == 0;
    free(format);
    free(layout);
    return own;
}

static status read_shape(shard_layout *l, hid_t file, hid_t images, const dataset_source *source)
{
    char text[HDF5_TEXT_SIZE];
    hsize_t dims[H5S_MAX_RANK];
    hid_t space = H5Dget_space(images);
    array_shape shape = {.rank = H5Sget_simple_extent_dims(space, dims, NULL), .text = text};
    hdf5_shape_text(space, text);
    H5Sclose(space);
    for (int i = 0; i < shape.rank && i < 4; i++)
        shape.dims[i] = dims[i];
    l->one_size = true;
    return shard_axes_choose(l, source->axes, source->images, is_own_order(file), &shape);
}

static void add_filter_name(shard_layout *l, H5Z_filter_t filter, const char *name)
{
    size_t used = strlen(l->filters);
    snprintf(l->filters + used, sizeof l->filters - used, "%s%.24s", used > 0 ? ", " : "",
             filter == H5Z_FILTER_DEFLATE ? "gzip" : name);
}

// Which filters the chunks went through; *ours: only such as are decoded here, in the usual order.
static status read_filters(shard_layout *l, hid_t settings, bool *ours)
{
    *ours = true;
    l->shuffle_filter = l->deflate_filter = -1;
    int count = H5Pget_nfilters(settings);
    for (int i = 0; i < count; i++) {
        unsigned flags, values[8];
        size_t value_count = 8;
        char name[64] = "";
        H5Z_filter_t filter = H5Pget_filter2(settings, (unsigned)i, &flags, &value_count, values,
                                             sizeof name, name, NULL);
        CHECK(H5Zfilter_avail(filter) > 0, ST_BAD_DATA,
              "%s: the images are compressed by HDF5 filter %d (%s), which is not installed: set "
              "HDF5_PLUGIN_PATH to where it is, or repack the file with gzip",
              l->path, (int)filter, name);
        add_filter_name(l, filter, name);
        if (filter == H5Z_FILTER_SHUFFLE && l->shuffle_filter < 0 && l->deflate_filter < 0)
            l->shuffle_filter = i;
        else if (filter == H5Z_FILTER_DEFLATE && l->deflate_filter < 0)
            l->deflate_filter = i;
        else
            *ours = false;
    }
    return ST_OK;
}

static int block_of(const shard_layout *l, uint64_t wanted, size_t most_bytes)
{
    uint64_t most = most_bytes / (shard_sample_pixels(l) * l->element_bytes);
    if (most < 1) most = 1;
    return (int)(wanted < most ? wanted : most);
}

static status read_chunks(shard_layout *l, hid_t settings)
{
    bool ours;
    hsize_t chunk[4];
    uint64_t whole[4];
    TRY(read_filters(l, settings, &ours));
    H5Pget_chunk(settings, l->rank, chunk);
    uint64_t samples = 1;
    for (int i = 0; i < l->rank; i++)
        if (l->axes[i] == AXIS_N) samples = chunk[i];
    l->chunk_samples = samples;
    shard_dims(l, samples, whole);
    for (int i = 0; i < l->rank; i++)
        ours = ours && chunk[i] == whole[i];
    l->block_samples = block_of(l, samples, SHARD_BLOCK_BYTES);
    ours = ours && (uint64_t)l->block_samples == samples;
    l->storage = ours ? STORED_CHUNKS : STORED_OTHERWISE;
    return ST_OK;
}

static status read_storage(shard_layout *l, hid_t file, hid_t images)
{
    hid_t settings = H5Dget_create_plist(images), type = H5Dget_type(images);
    H5D_layout_t layout = H5Pget_layout(settings);
    bool in_order = l->axes[0] == AXIS_N || !shard_counts(l);
    status s = ST_OK;
    l->storage = STORED_OTHERWISE;
    l->block_samples = block_of(l, l->count, OTHERWISE_BLOCK_BYTES);
    if (layout == H5D_CHUNKED) {
        s = read_chunks(l, settings);
    } else if (layout == H5D_CONTIGUOUS && in_order) {
        l->block_samples = 1; // nothing is won by reading more
        s = hdf5_find_place(file, l->path, images, type, &l->offset);
        if (l->offset != 0) l->storage = STORED_PLAIN;
    }
    H5Tclose(type);
    H5Pclose(settings);
    return s;
}

static status read_crc(shard_layout *l, hid_t file)
{
    hid_t crc;
    uint64_t unwritten = 0;
    TRY(hdf5_open_if_any(&crc, file, l->path, "checksums", SHARD_CRC));
    if (crc < 0) return ST_OK;
    hid_t type = H5Dget_type(crc);
    bool right = H5Tget_class(type) == H5T_INTEGER && hdf5_column_length(crc) == (int64_t)l->count;
    H5Tclose(type);
    status s = hdf5_find_place(file, l->path, crc, H5T_NATIVE_UINT32, &l->crc_offset);
    if (s == ST_OK) s = hdf5_check_parts(crc, l->path, SHARD_CRC, 0, &unwritten);
    H5Dclose(crc);
    TRY(s);
    CHECK(right && unwritten == 0, ST_BAD_DATA,
          "%s: " SHARD_CRC " does not hold one uint32 for each of %" PRIu64 " images", l->path,
          l->count);
    l->has_crc = true;
    return ST_OK;
}

static status check_version(shard_layout *l, hid_t file)
{
    int version = 0;
    bool found;
    char *format = hdf5_get_text(file, SHARD_ATTRIBUTE_FORMAT);
    l->own = format != NULL && strcmp(format, SHARD_FORMAT) == 0;
    free(format);
    if (!l->own) return ST_OK;
    const hdf5_numbers wanted = {SHARD_ATTRIBUTE_VERSION, 1, H5T_NATIVE_INT, &version};
    TRY(hdf5_read_numbers(file, l->path, &wanted, &found));
    CHECK(found && version == SHARD_FORMAT_VERSION, ST_BAD_DATA,
          "%s: has shard format version %d, this program reads version %d", l->path, version,
          SHARD_FORMAT_VERSION);
    return ST_OK;
}

// Both, or none.
static status read_pair(const shard_layout *l, hid_t file, const hdf5_numbers pair[2], bool *found)
{
    bool second = false;
    TRY(hdf5_read_numbers(file, l->path, &pair[0], found));
    if (*found) TRY(hdf5_read_numbers(file, l->path, &pair[1], &second));
    *found = *found && second;
    return ST_OK;
}

// Whether mean and deviation can be those of the images, in the units of io/images/image_info.h.
// Others than we may write 0..255 there; numbers of 0..1 deviate by 1/2 at most.
static bool moments_can_be(const shard_layout *l)
{
    bool good = true;
    for (int c = 0; c < l->channels; c++) {
        good = good && isfinite(l->mean[c]) && isfinite(l->deviation[c]) && l->deviation[c] >= 0;
        if (l->own) continue;
        good = good && l->deviation[c] > 0;
        if (l->type != PIXEL_F32)
            good = good && l->mean[c] >= 0 && l->mean[c] <= 1 && l->deviation[c] <= 0.5f;
    }
    return good;
}

static status read_attributes(shard_layout *l, hid_t file)
{
    hsize_t channels = (hsize_t)l->channels;
    const hdf5_numbers source[] = {
        {SHARD_ATTRIBUTE_SOURCE, 1, H5T_NATIVE_UINT64, &l->source.hash},
        {SHARD_ATTRIBUTE_LEFT_OUT, 1, H5T_NATIVE_UINT64, &l->source.left_out}};
    const hdf5_numbers moments[] = {
        {SHARD_ATTRIBUTE_MEAN, channels, H5T_NATIVE_FLOAT, l->mean},
        {SHARD_ATTRIBUTE_STD, channels, H5T_NATIVE_FLOAT, l->deviation}};
    bool has_source, has_contents;
    TRY(check_version(l, file));
    TRY(read_pair(l, file, source, &has_source));
    const hdf5_numbers contents = {SHARD_ATTRIBUTE_CONTENTS, 1, H5T_NATIVE_UINT64,
                                   &l->source.contents};
    TRY(hdf5_read_numbers(file, l->path, &contents, &has_contents));
    if (!has_source) l->source = (shard_source){0};
    if (!has_contents) l->source.contents = 0;
    TRY(read_pair(l, file, moments, &l->has_moments));
    bool good = l->has_moments && moments_can_be(l);
    l->odd_moments = l->has_moments && !good && !l->own;
    l->has_moments = good;
    return ST_OK;
}

// The index of the array that counts samples; -1: there is none, for the file is one image.
static int sample_axis(const shard_layout *l)
{
    int axis = l->rank - 1;
    while (axis >= 0 && l->axes[axis] != AXIS_N)
        axis--;
    return axis;
}

static status read_images(shard_layout *l, hid_t file, hid_t images, const dataset_source *source)
{
    TRY(read_shape(l, file, images, source));
    TRY(shard_type_read(l, images, source->images));
    TRY(hdf5_check_parts(images, l->path, source->images, sample_axis(l), &l->unwritten));
    return read_storage(l, file, images);
}

static status read_plain_images(shard_layout *l, hid_t file, const dataset_source *source)
{
    hid_t images;
    TRY(hdf5_open_dataset(&images, file, l->path, "images", source->images));
    status s = read_images(l, file, images, source);
    H5Dclose(images);
    return s;
}

static status read_file(shard_layout *l, hid_t file, const dataset_source *source)
{
    if (encoded_layout_here(file, source))
        TRY(encoded_layout_read(l, file, source));
    else
        TRY(read_plain_images(l, file, source));
    TRY(read_crc(l, file));
    TRY(read_attributes(l, file));
    return shard_labels_check(file, source, l);
}

static status open_file(shard_layout *l, const dataset_source *source)
{
    hid_t file;
    TRY(hdf5_open(&file, l->path));
    status s = read_file(l, file, source);
    H5Fclose(file);
    return s;
}

status shard_layout_read(shard_layout *l, const char *path, const dataset_source *source)
{
    *l = (shard_layout){.channels = 1, .shuffle_filter = -1, .deflate_filter = -1};
    l->path = strdup(path);
    CHECK(l->path != NULL, ST_INTERNAL, "no memory for the path %s", path);
    hdf5_lock();
    status s = open_file(l, source);
    hdf5_unlock();
    if (s != ST_OK) shard_layout_free(l);
    return s;
}

void shard_layout_free(shard_layout *l)
{
    class_list_free(&l->class_names);
    free(l->labels_path);
    l->labels_path = NULL;
    free(l->path);
    l->path = NULL;
}
