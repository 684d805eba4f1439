// io/shards/shard_prints.c -- see shard_prints.h.
#include "io/shards/shard_prints.h"

#include "base/pulse.h"

#include <xxhash.h>

// Checksums that HDF5 alone can read, one call each.
#define SLOW_CHECKSUMS UINT64_C(1024)

// How many of a file's samples to look at, if all files share `most`.
static uint64_t share(uint64_t most, uint64_t shard_count, uint64_t samples)
{
    uint64_t own = most / shard_count;
    if (own == 0) own = 1;
    return own < samples ? own : samples;
}

static uint64_t looks(const shard_layout *l, uint64_t shard_count)
{
    if (l->has_crc)
        return share(l->crc_offset != 0 ? PRINT_CHECKSUMS : SLOW_CHECKSUMS, shard_count, l->count);
    uint64_t bytes =
        l->storage == STORED_ENCODED ? l->largest_bytes : shard_sample_pixels(l) * l->element_bytes;
    uint64_t fit = PRINT_BYTES / (bytes > 0 ? bytes : 1);
    return share(fit < PRINT_SAMPLES ? fit : PRINT_SAMPLES, shard_count, l->count);
}

static status add_sample(shard_reader *reader, bool has_crc, uint64_t shard, uint64_t index,
                         XXH3_state_t *all)
{
    uint32_t crc;
    stored_sample stored = {.shard = shard, .index = index};
    if (has_crc) {
        TRY(shard_reader_get_crc(reader, shard, index, &crc));
        XXH3_64bits_update(all, &crc, sizeof crc);
    } else {
        TRY(shard_reader_get(reader, &stored));
        XXH3_64bits_update(all, stored.bytes, stored.size);
    }
    return ST_OK;
}

static status add_shard(shard_reader *reader, const shard_layout *l, uint64_t shard,
                        uint64_t shard_count, XXH3_state_t *all)
{
    uint64_t count = looks(l, shard_count);
    for (uint64_t i = 0; i < count; i++) {
        if (i % 1024 == 0) pulse_tick();
        TRY(add_sample(reader, l->has_crc, shard, i * l->count / count, all));
    }
    return ST_OK;
}

status shard_prints(shard_reader *reader, const shard_layout *shards, uint64_t shard_count,
                    uint64_t *hash)
{
    XXH3_state_t *all = XXH3_createState();
    CHECK(all != NULL, ST_INTERNAL, "no memory to look through %s", shards[0].path);
    XXH3_64bits_reset(all);
    status s = ST_OK;
    for (uint64_t i = 0; i < shard_count && s == ST_OK; i++)
        s = add_shard(reader, &shards[i], i, shard_count, all);
    *hash = XXH3_64bits_digest(all);
    XXH3_freeState(all);
    return s;
}
