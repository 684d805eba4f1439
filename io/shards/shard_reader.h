// io/shards/shard_reader.h -- the raw samples of many files, with few of them open at a time.
//
//   plain files     pread, no HDF5
//   chunks          H5Dread_chunk, inflate and unshuffle here ─┐
//   anything else   H5Dread ───────────────────────────────────┴─> block cache
//   encoded images  offsets, then bytes: pread, or H5Dread where they are not in one piece
//
// Raw means: stored byte order, and the file's order of axes without the one of the samples; of
// encoded images, the file.
#ifndef IO_SHARDS_SHARD_READER_H
#define IO_SHARDS_SHARD_READER_H

#include "io/files/block_cache.h"
#include "io/files/page_cache.h"
#include "io/shards/shard_layout.h"

#include <hdf5.h>

#define SHARD_CACHE_BYTES ((size_t)64 << 20) // decoded blocks of one data set
#define SHARD_OPEN_FILES  256                // of one data set, if the system lets it

typedef struct shard_handle {
    uint64_t shard;                   // whose
    uint64_t used;                    // the time of last use, 0 = none open
    int descriptor;                   // for pread, -1 = not open
    hid_t file, images, crc, offsets; // -1 = not open
} shard_handle;

typedef struct shard_reader {
    const shard_layout *shards; // not owned
    const char *images;         // data set path; not owned
    shard_handle handles[SHARD_OPEN_FILES];
    int handle_count; // of which this reader uses so many
    uint64_t now;
    block_cache cache;
    page_cache columns; // of checksums and offsets
    arena memory;
    unsigned char *sample;   // one raw sample
    unsigned char *packed;   // one chunk as stored
    size_t packed_bytes;     // room in it
    unsigned char *inflated; // one chunk, still shuffled
} shard_reader;

// Allocates what the layouts need; opens no file. Errors: ST_INTERNAL no memory.
status shard_reader_create(shard_reader *reader, const shard_layout *shards, uint64_t shard_count,
                           const char *images);

// Reads the sample that stored->shard and stored->index name, raw; sets its place, bytes and size.
// Valid until the next call. Errors: ST_BAD_DATA, ST_IO.
status shard_reader_get(shard_reader *reader, stored_sample *stored);

// Its stored CRC-32C; the layout must have them. Errors: ST_IO.
status shard_reader_get_crc(shard_reader *reader, uint64_t shard, uint64_t index, uint32_t *crc);

void shard_reader_destroy(shard_reader *reader);

#endif
