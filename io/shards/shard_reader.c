// io/shards/shard_reader.c -- open files, blocks, and the way from an index to a raw sample.
#include "io/shards/shard_reader.h"

#include "base/input.h"
#include "io/files/chunk_decode.h"
#include "io/files/hdf5_dataset.h"
#include "io/files/hdf5_file.h"
#include "io/files/hdf5_input.h"
#include "io/files/hdf5_lock.h"
#include "io/shards/shard.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define DESCRIPTORS_LEFT     64 // for all that is no data set
#define DESCRIPTORS_PER_FILE 2  // one for HDF5, one for pread
#define READERS_MOST         3  // training, test, and one more of an evaluation

// Of the largest, where they differ.
static size_t sample_bytes_of(const shard_layout *l)
{
    if (l->storage == STORED_ENCODED) return l->largest_bytes;
    return shard_sample_pixels(l) * l->element_bytes;
}

static size_t block_bytes_of(const shard_layout *l)
{
    bool direct = l->storage == STORED_PLAIN || l->storage == STORED_ENCODED;
    return direct ? 0 : (size_t)l->block_samples * sample_bytes_of(l);
}

// Files that a reader may keep open: other data sets, checkpoints and MPI need descriptors, too.
static int affordable(void)
{
    int share = (input_room() - DESCRIPTORS_LEFT) / (READERS_MOST * DESCRIPTORS_PER_FILE);
    return share < 1 ? 1 : share < SHARD_OPEN_FILES ? share : SHARD_OPEN_FILES;
}

status shard_reader_create(shard_reader *reader, const shard_layout *shards, uint64_t shard_count,
                           const char *images)
{
    *reader = (shard_reader){.shards = shards, .images = images, .handle_count = affordable()};
    size_t block = 0, sample = 0;
    uint64_t blocks = 0;
    for (uint64_t i = 0; i < shard_count; i++) {
        size_t bytes = block_bytes_of(&shards[i]), one = sample_bytes_of(&shards[i]);
        if (one > sample) sample = one;
        if (bytes == 0) continue;
        if (bytes > block) block = bytes;
        blocks += shards[i].count / (uint64_t)shards[i].block_samples + 1;
    }
    reader->packed_bytes = block + block / 512 + 64; // what deflate makes of noise
    TRY(arena_create(&reader->memory,
                     arena_padded(sample) + arena_padded(block) +
                         arena_padded(reader->packed_bytes),
                     "reading samples"));
    reader->sample = arena_take(&reader->memory, sample);
    reader->inflated = arena_take(&reader->memory, block);
    reader->packed = arena_take(&reader->memory, reader->packed_bytes);
    TRY(page_cache_create(&reader->columns));
    return block > 0 ? block_cache_create(&reader->cache, block, SHARD_CACHE_BYTES, blocks) : ST_OK;
}

// Wants the lock.
static void close_handle(shard_handle *handle)
{
    if (handle->images >= 0) H5Dclose(handle->images);
    if (handle->crc >= 0) H5Dclose(handle->crc);
    if (handle->offsets >= 0) H5Dclose(handle->offsets);
    if (handle->file >= 0) H5Fclose(handle->file);
    if (handle->descriptor >= 0) close(handle->descriptor);
    handle->used = 0;
}

// Wants the lock.
static status open_hdf5(const shard_layout *l, hid_t *file, hid_t *set, const char *name)
{
    if (*file < 0) TRY(hdf5_open(file, l->path));
    return *set < 0 ? hdf5_open_dataset(set, *file, l->path, "samples", name) : ST_OK;
}

// The handle of file `shard`, perhaps with nothing open yet.
static shard_handle *use_handle(shard_reader *reader, uint64_t shard)
{
    shard_handle *oldest = &reader->handles[0], *found = NULL;
    for (int i = 0; i < reader->handle_count && found == NULL; i++) {
        shard_handle *handle = &reader->handles[i];
        if (handle->used != 0 && handle->shard == shard) found = handle;
        if (handle->used < oldest->used) oldest = handle;
    }
    if (found == NULL) {
        found = oldest;
        if (found->used != 0) {
            hdf5_lock();
            close_handle(found);
            hdf5_unlock();
        }
        *found = (shard_handle){
            .shard = shard, .descriptor = -1, .file = -1, .images = -1, .crc = -1, .offsets = -1};
    }
    found->used = ++reader->now;
    return found;
}

static status open_plain(shard_handle *handle, const shard_layout *l, open_file *file)
{
    if (handle->descriptor < 0) TRY(input_open(&handle->descriptor, l->path));
    *file = (open_file){handle->shard, handle->descriptor, l->path};
    return ST_OK;
}

static status read_at(shard_handle *handle, const shard_layout *l, uint64_t offset, void *buffer,
                      size_t bytes)
{
    open_file file;
    TRY(open_plain(handle, l, &file));
    return open_file_read(&file, offset, buffer, bytes);
}

// A few bytes, whose neighbours are wanted soon.
static status read_kept(shard_reader *reader, shard_handle *handle, uint64_t offset, void *buffer,
                        size_t bytes)
{
    open_file file;
    TRY(open_plain(handle, &reader->shards[handle->shard], &file));
    return page_cache_read(&reader->columns, &file, offset, buffer, bytes);
}

// Samples first .. of the file into a block, as stored. Wants the lock.
static status read_by_hdf5(hid_t images, const shard_layout *l, uint64_t first, void *block)
{
    char reason[HDF5_TEXT_SIZE];
    uint64_t left = l->count - first, room = (uint64_t)l->block_samples;
    uint64_t dims[4], part[4];
    hsize_t start[4] = {0}, origin[4] = {0}, count[4], size[4];
    shard_dims(l, left < room ? left : room, part);
    shard_dims(l, room, dims);
    for (int i = 0; i < l->rank; i++) {
        start[i] = l->axes[i] == AXIS_N ? first : 0;
        count[i] = part[i];
        size[i] = dims[i];
    }
    hid_t type = H5Dget_type(images), from = H5Dget_space(images);
    hid_t to = H5Screate_simple(l->rank, size, NULL);
    H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, count, NULL);
    H5Sselect_hyperslab(to, H5S_SELECT_SET, origin, NULL, count, NULL);
    herr_t result = hdf5_read(images, type, to, from, block);
    if (result < 0) hdf5_reason(reason);
    H5Sclose(to);
    H5Sclose(from);
    H5Tclose(type);
    CHECK(result >= 0, ST_IO, "%s: samples from %" PRIu64 " on cannot be read (%s)", l->path, first,
          reason);
    return ST_OK;
}

// One chunk as stored, into reader->packed; *bytes is 0 when HDF5 must be asked: nobody wrote that
// chunk, so it holds the fill value. Wants the lock.
static status read_packed(shard_reader *reader, hid_t images, const shard_layout *l, uint64_t first,
                          hsize_t *bytes, uint32_t *skipped)
{
    char reason[HDF5_TEXT_SIZE];
    hsize_t start[4] = {0};
    for (int i = 0; i < l->rank; i++)
        if (l->axes[i] == AXIS_N) start[i] = first;
    *bytes = hdf5_chunk_bytes(images, start);
    if (*bytes == 0) return ST_OK;
    CHECK(*bytes <= reader->packed_bytes, ST_BAD_DATA,
          "%s: the chunk of sample %" PRIu64 " is said to have %" PRIu64 " bytes: damaged", l->path,
          first, (uint64_t)*bytes);
    hdf5_input_forget();
    herr_t result = H5Dread_chunk(images, H5P_DEFAULT, start, skipped, reader->packed);
    CHECK(result >= 0, ST_IO, "%s: samples from %" PRIu64 " on cannot be read (%s)", l->path, first,
          hdf5_reason(reason));
    return ST_OK;
}

static status fill_block(shard_reader *reader, shard_handle *handle, const shard_layout *l,
                         uint64_t first, void *block)
{
    hsize_t packed = 0;
    uint32_t skipped = 0; // bit i: filter i was not applied to this chunk
    hdf5_lock();
    status s = open_hdf5(l, &handle->file, &handle->images, reader->images);
    if (s == ST_OK && l->storage == STORED_CHUNKS)
        s = read_packed(reader, handle->images, l, first, &packed, &skipped);
    if (s == ST_OK && packed == 0) s = read_by_hdf5(handle->images, l, first, block);
    hdf5_unlock();
    TRY(s);
    if (packed == 0) return ST_OK;
    const chunk_form form = {
        .deflated = l->deflate_filter >= 0 && (skipped >> l->deflate_filter & 1) == 0,
        .shuffled = l->shuffle_filter >= 0 && (skipped >> l->shuffle_filter & 1) == 0,
        .element_bytes = l->element_bytes};
    CHECK(chunk_decode(&form, reader->packed, packed, block, reader->inflated, block_bytes_of(l)),
          ST_BAD_DATA, "%s: the compressed samples from %" PRIu64 " on are damaged", l->path,
          first);
    return ST_OK;
}

// Block `number` of file `shard`; the file need not be open for one that is in the cache.
static status get_block(shard_reader *reader, uint64_t shard, uint64_t number, void **block)
{
    const shard_layout *l = &reader->shards[shard];
    *block = block_cache_find(&reader->cache, shard, number);
    if (*block != NULL) return ST_OK;
    *block = block_cache_claim(&reader->cache, shard, number);
    status s = fill_block(reader, use_handle(reader, shard), l, number * (uint64_t)l->block_samples,
                          *block);
    if (s != ST_OK) block_cache_forget(&reader->cache, shard, number);
    return s;
}

// Sample `n` of a block into `sample`: the runs that follow the axis of samples.
static void gather(const shard_layout *l, const unsigned char *block, uint64_t n, void *sample)
{
    uint64_t dims[4], outer = 1, inner = l->element_bytes;
    shard_dims(l, 1, dims);
    int axis = shard_counts(l) ? 0 : -1;
    while (axis >= 0 && l->axes[axis] != AXIS_N)
        outer *= dims[axis++];
    for (int i = axis + 1; i < l->rank; i++)
        inner *= dims[i];
    for (uint64_t o = 0; o < outer; o++)
        memcpy((unsigned char *)sample + o * inner,
               block + (o * (uint64_t)l->block_samples + n) * inner, inner);
}

// Where image `index` begins in the column of bytes, and where the next one does.
static status read_offsets(shard_reader *reader, shard_handle *handle, uint64_t index,
                           uint64_t offsets[2])
{
    const shard_layout *l = &reader->shards[handle->shard];
    char reason[HDF5_TEXT_SIZE];
    if (l->offsets_offset != 0)
        return read_kept(reader, handle, l->offsets_offset + 8 * index, offsets, 16);
    hdf5_lock();
    status s = open_hdf5(l, &handle->file, &handle->offsets, SHARD_OFFSETS);
    if (s == ST_OK && hdf5_read_column(handle->offsets, index, 2, H5T_NATIVE_UINT64, offsets) < 0)
        s = failure(ST_IO, "%s: the place of sample %" PRIu64 " cannot be read (%s)", l->path,
                    index, hdf5_reason(reason));
    hdf5_unlock();
    return s;
}

static status read_encoded(shard_reader *reader, shard_handle *handle, const shard_layout *l,
                           stored_sample *stored)
{
    char reason[HDF5_TEXT_SIZE];
    uint64_t offsets[2] = {0};
    TRY(read_offsets(reader, handle, stored->index, offsets));
    stored->size = offsets[1] - offsets[0];
    CHECK(offsets[1] > offsets[0] && stored->size <= l->largest_bytes, ST_BAD_DATA,
          "%s: the place of sample %" PRIu64 " has changed since the file was opened", l->path,
          stored->index);
    if (l->offset != 0) {
        stored->place = l->offset + offsets[0];
        return read_at(handle, l, stored->place, stored->bytes, stored->size);
    }
    hdf5_lock();
    status s = open_hdf5(l, &handle->file, &handle->images, SHARD_BYTES);
    if (s == ST_OK && hdf5_read_column(handle->images, offsets[0], stored->size, H5T_NATIVE_UINT8,
                                       stored->bytes) < 0)
        s = failure(ST_IO, "%s: sample %" PRIu64 " cannot be read (%s)", l->path, stored->index,
                    hdf5_reason(reason));
    hdf5_unlock();
    return s;
}

status shard_reader_get(shard_reader *reader, stored_sample *stored)
{
    const shard_layout *l = &reader->shards[stored->shard];
    stored->bytes = reader->sample;
    if (l->storage == STORED_ENCODED)
        return read_encoded(reader, use_handle(reader, stored->shard), l, stored);
    stored->size = sample_bytes_of(l);
    if (l->storage == STORED_PLAIN) {
        stored->place = l->offset + stored->index * stored->size;
        return read_at(use_handle(reader, stored->shard), l, stored->place, stored->bytes,
                       stored->size);
    }
    void *block;
    uint64_t samples = (uint64_t)l->block_samples;
    TRY(get_block(reader, stored->shard, stored->index / samples, &block));
    gather(l, block, stored->index % samples, stored->bytes);
    return ST_OK;
}

static status read_crc(shard_handle *handle, const shard_layout *l, uint64_t index, uint32_t *crc)
{
    char reason[HDF5_TEXT_SIZE];
    TRY(open_hdf5(l, &handle->file, &handle->crc, SHARD_CRC));
    CHECK(hdf5_read_column(handle->crc, index, 1, H5T_NATIVE_UINT32, crc) >= 0, ST_IO,
          "%s: the checksum of sample %" PRIu64 " cannot be read (%s)", l->path, index,
          hdf5_reason(reason));
    return ST_OK;
}

status shard_reader_get_crc(shard_reader *reader, uint64_t shard, uint64_t index, uint32_t *crc)
{
    const shard_layout *l = &reader->shards[shard];
    shard_handle *handle = use_handle(reader, shard);
    if (l->crc_offset != 0) return read_kept(reader, handle, l->crc_offset + 4 * index, crc, 4);
    hdf5_lock();
    status s = read_crc(handle, l, index, crc);
    hdf5_unlock();
    return s;
}

void shard_reader_destroy(shard_reader *reader)
{
    hdf5_lock();
    for (int i = 0; i < reader->handle_count; i++)
        if (reader->handles[i].used != 0) close_handle(&reader->handles[i]);
    hdf5_unlock();
    block_cache_destroy(&reader->cache);
    page_cache_destroy(&reader->columns);
    arena_destroy(&reader->memory);
}
