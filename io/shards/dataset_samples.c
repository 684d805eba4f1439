// io/shards/dataset_samples.c -- the way of a sample from file to caller.
#include "io/shards/dataset_private.h"

#include "base/pulse.h"
#include "io/shards/shard.h"

#include <inttypes.h>

static status check_crc(dataset *d, const stored_sample *stored)
{
    uint32_t expected, found = shard_crc32c(stored->bytes, stored->size);
    TRY(shard_reader_get_crc(&d->reader, stored->shard, stored->index, &expected));
    CHECK(found == expected, ST_BAD_DATA,
          "%s: sample %" PRIu64 " is damaged: its CRC-32C is %08" PRIx32 ", stored is %08" PRIx32
          ": copy or pack the file again",
          stored->file, stored->index, found, expected);
    return ST_OK;
}

status dataset_fetch(dataset *d, uint64_t index, stored_sample *stored)
{
    ASSERT(index < d->info.count);
    uint64_t place = dataset_place(d, index), shard = dataset_find_file(d, place);
    *stored = (stored_sample){
        .shard = shard, .index = place - d->first[shard], .file = d->shards[shard].path};
    pulse_tick();
    TRY(shard_reader_get(&d->reader, stored));
    return d->shards[shard].has_crc ? check_crc(d, stored) : ST_OK;
}

static status decode_image(dataset *d, const stored_sample *stored, void *pixels, image_size *size)
{
    char name[512];
    const shard_layout *l = &d->shards[stored->shard];
    snprintf(name, sizeof name, "%s: sample %" PRIu64, stored->file, stored->index);
    encoded_image image = {name, stored->bytes, stored->size};
    image_header header;
    TRY(image_decoder_look(d->decoder, &image, &header));
    *size = (image_size){header.height, header.width};
    CHECK(size->height <= l->height && size->width <= l->width, ST_BAD_DATA,
          "%s has %d x %d pixels, but the file says that none has more than %d x %d: pack it "
          "again",
          name, size->height, size->width, l->height, l->width);
    CHECK(!l->one_size || (size->height == l->height && size->width == l->width), ST_BAD_DATA,
          "%s has %d x %d pixels, but the file says that each has %d x %d", name, size->height,
          size->width, l->height, l->width);
    return image_decoder_decode(d->decoder, &image, &header, IMAGE_RGB, pixels);
}

status dataset_decode(dataset *d, const stored_sample *stored, void *pixels, image_size *size)
{
    if (d->shards[stored->shard].storage != STORED_ENCODED)
        return dataset_arrange(d, stored, pixels, size);
    char why[1024];
    status s = decode_image(d, stored, pixels, size);
    if (s != ST_BAD_DATA) return s;
    snprintf(why, sizeof why, "%s", status_message());
    status_clear();
    return failure(s, "%s; pack its folder again with --bad skip to leave such images out", why);
}

status dataset_read_sized(dataset *d, uint64_t index, void *pixels, image_size *size)
{
    stored_sample stored;
    TRY(dataset_fetch(d, index, &stored));
    return dataset_decode(d, &stored, pixels, size);
}

status dataset_read(dataset *d, uint64_t index, void *pixels)
{
    image_size size;
    ASSERT(!d->info.varied);
    return dataset_read_sized(d, index, pixels, &size);
}
