// io/packing/kept_shard.c -- checksums of a shard's samples, and the hash of its images' contents.
#include "io/packing/kept_shard.h"

#include "base/log.h"
#include "io/shards/shard_layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static dataset_source source_of(const image_shard *shard)
{
    return (dataset_source){
        .files = shard->path, .images = SHARD_IMAGES, .labels = SHARD_LABELS, .axes = "NHWC"};
}

// The message so far, with what can be done about it here.
static status say_what_to_do(status s)
{
    char text[1024];
    snprintf(text, sizeof text, "%s", status_message());
    status_clear();
    return failure(s, "%s; delete it, or give --force to make all shards again", text);
}

status kept_shard_look(const image_shard *shard, uint64_t hash, kept_shard *kept)
{
    shard_layout found = {0};
    dataset_source source = source_of(shard);
    *kept = (kept_shard){0};
    if (access(shard->path, F_OK) != 0) return ST_OK;
    status s = shard_layout_read(&found, shard->path, &source);
    if (s == ST_BAD_DATA) return say_what_to_do(s);
    TRY(s);
    kept->samples = found.count;
    kept->source = found.source;
    shard_layout_free(&found);
    CHECK(kept->source.hash == hash, ST_USAGE,
          "\"%s\" exists already and was made from other images, or otherwise: choose another "
          "destination, or give --force to replace it",
          shard->path);
    // One that lacks images is of use only to those who would leave them out too.
    kept->keep = kept->source.left_out == 0 || shard->skip_bad;
    return ST_OK;
}

// When no image was left out, the labels are those of the list.
static status check_labels(const image_shard *shard, dataset *d)
{
    if (shard->class_names == NULL || dataset_get_info(d)->count != shard->count) return ST_OK;
    int64_t *labels = calloc(shard->count, sizeof *labels);
    CHECK(labels != NULL, ST_INTERNAL, "no memory to check \"%s\"", shard->path);
    status s = dataset_read_labels(d, 0, shard->count, labels);
    for (size_t i = 0; i < shard->count && s == ST_OK; i++)
        if (labels[i] != shard->images[i].label)
            s = failure(ST_BAD_DATA, "%s: sample %zu has label %" PRId64 " and not %" PRId64,
                        shard->path, i, labels[i], shard->images[i].label);
    free(labels);
    return s;
}

static status check_samples(const image_shard *shard)
{
    dataset *d;
    dataset_source source = source_of(shard);
    TRY(dataset_open(&d, &source));
    status s = check_labels(shard, d);
    for (uint64_t i = 0; i < dataset_get_info(d)->count && s == ST_OK; i++) {
        stored_sample stored;
        s = dataset_fetch(d, i, &stored); // compares its CRC-32C
        if (i % 256 == 255)
            progress_line(PACK_PROGRESS_SECONDS, "%s: %" PRIu64 " samples compared", shard->path,
                          i + 1);
    }
    progress_end();
    dataset_close(d);
    return s;
}

status kept_shard_check(const image_shard *shard, kept_shard *kept)
{
    uint64_t contents = 0;
    if (kept->source.contents == 0) {
        log_info("%s: does not say what its images contained: it is made again", shard->path);
        kept->keep = false;
        return ST_OK;
    }
    TRY(image_shard_contents(shard, &contents));
    CHECK(
        kept->source.contents == contents, ST_USAGE,
        "\"%s\" exists already, but an image that it was made from has been replaced by another of "
        "the same size: choose another destination, or give --force to replace it",
        shard->path);
    status s = check_samples(shard);
    if (s != ST_BAD_DATA) return s;
    log_warn("%s: it is made again", status_message());
    status_clear();
    kept->keep = false;
    return ST_OK;
}
