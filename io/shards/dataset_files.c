// io/shards/dataset_files.c -- the files of a data set: which holds a sample, and what they look
// like.
#include "io/shards/dataset_private.h"

#include "io/shards/shard_prints.h"

#include <sys/stat.h>
#include <xxhash.h>

bool dataset_is_part(const dataset *d)
{
    return d->part.every > 0;
}

uint64_t dataset_file_count(const dataset *d)
{
    return d->shard_count;
}

const char *dataset_file(const dataset *d, uint64_t number, uint64_t *first, uint64_t *count)
{
    ASSERT(number < d->shard_count);
    *first = d->first[number];
    *count = d->shards[number].count;
    return d->shards[number].path;
}

status dataset_hash(dataset *d, uint64_t *found)
{
    const dataset_info *info = &d->info;
    const uint64_t numbers[] = {
        info->count,           (uint64_t)info->channels,  (uint64_t)info->height,
        (uint64_t)info->width, (uint64_t)info->type,      (uint64_t)info->classes,
        d->part.every,         (uint64_t)d->part.held_out};
    size_t moments = (size_t)info->channels * sizeof *info->mean;
    uint64_t prints, hash = XXH3_64bits(numbers, sizeof numbers);
    TRY(shard_prints(&d->reader, d->shards, d->shard_count, &prints));
    hash = XXH3_64bits_withSeed(&prints, sizeof prints, hash);
    hash = XXH3_64bits_withSeed(info->mean, moments, hash);
    hash = XXH3_64bits_withSeed(info->deviation, moments, hash);
    for (uint64_t i = 0; i < d->shard_count; i++) {
        struct stat file = {0};
        // Gone since it was opened: then reading it will tell.
        if (stat(d->shards[i].path, &file) != 0) file.st_size = -1;
        const uint64_t shard[] = {d->shards[i].count, (uint64_t)file.st_size};
        hash = XXH3_64bits_withSeed(shard, sizeof shard, hash);
    }
    *found = hash;
    return ST_OK;
}

uint64_t dataset_place(const dataset *d, uint64_t index)
{
    uint64_t every = d->part.every;
    if (every == 0) return index;
    return d->part.held_out ? index * every + every - 1 : index + index / (every - 1);
}

uint64_t dataset_find_file(const dataset *d, uint64_t place)
{
    uint64_t low = 0, high = d->shard_count; // first[low] <= place < first[high]
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (d->first[middle] <= place)
            low = middle;
        else
            high = middle;
    }
    return low;
}
