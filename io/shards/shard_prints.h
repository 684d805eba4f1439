// io/shards/shard_prints.h -- which samples many files hold, as one number, from as little as
// tells.
//
// Of a file with checksums (SHARD_CRC), these; of others, the bytes of a few samples, evenly
// spread. So a file in whose place another of the same size was put is noticed: for certain where
// there are checksums and not too many samples, else if it differs in one of those looked at.
#ifndef IO_SHARDS_SHARD_PRINTS_H
#define IO_SHARDS_SHARD_PRINTS_H

#include "io/shards/shard_reader.h"

#define PRINT_CHECKSUMS (UINT64_C(1) << 20)  // of all files together, a few more with many files
#define PRINT_SAMPLES   UINT64_C(64)         // likewise, of files without checksums
#define PRINT_BYTES     (UINT64_C(64) << 20) // at most, of these samples

// `shards` are the reader's. Errors: as shard_reader_get.
status shard_prints(shard_reader *reader, const shard_layout *shards, uint64_t shard_count,
                    uint64_t *hash);

#endif
