// io/shards/dataset.c -- the list of files behind one index.
#include "io/shards/dataset_private.h"

#include "base/pulse.h"
#include "io/files/file_list.h"
#include "io/images/pixels.h"
#include "io/shards/dataset_moments.h"
#include "io/shards/shard_axes.h"
#include "io/shards/shard_labels.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *shape_text(const shard_layout *l, char text[128])
{
    if (l->storage == STORED_ENCODED)
        snprintf(text, 128, "JPEG, PNG or TIFF images, %s labels",
                 l->labelled ? "with" : "without");
    else
        snprintf(text, 128, "%s images of %d x %d with %d channel%s, %s labels",
                 pixel_type_name(l->type, l->kind), l->height, l->width, l->channels,
                 l->channels == 1 ? "" : "s", l->labelled ? "with" : "without");
    return text;
}

static status check_agreement(const shard_layout *a, const shard_layout *b)
{
    char text_a[128], text_b[128];
    bool encoded = a->storage == STORED_ENCODED;
    bool same_size = encoded || (a->height == b->height && a->width == b->width);
    CHECK(a->type == b->type && a->kind == b->kind && encoded == (b->storage == STORED_ENCODED) &&
              same_size && a->channels == b->channels && a->labelled == b->labelled,
          ST_BAD_DATA, "files of one data set must be alike: %s holds %s, but %s holds %s", a->path,
          shape_text(a, text_a), b->path, shape_text(b, text_b));
    return ST_OK;
}

// Adds a file's images to those before.
static status count_images(dataset *d, uint64_t i, const dataset_source *source)
{
    uint64_t count = d->shards[i].count, each = source->each > 0 ? source->each : 1;
    uint64_t most = DATASET_MOST_SAMPLES;
    CHECK(count <= most && d->first[i] <= most - count, ST_BAD_DATA,
          "%s: with its %" PRIu64
          " images, \"%s\" are more than the 2^48 that one data set can hold: "
          "is the file damaged, or are its axes mistaken?",
          d->shards[i].path, count, source->files);
    d->first[i + 1] = d->first[i] + count;
    CHECK(d->first[i + 1] <= most / each, ST_CONFIG,
          "data.patches: %" PRIu64 " samples of each of the %" PRIu64
          " images of \"%s\" are more than the 2^48 that can be told apart; take fewer",
          each, d->first[i + 1], source->files);
    return ST_OK;
}

static status open_shards(dataset *d, const dataset_source *source, char *const *paths,
                          size_t count)
{
    d->shards = calloc(count, sizeof *d->shards);
    d->first = calloc(count + 1, sizeof *d->first);
    CHECK(d->shards != NULL && d->first != NULL, ST_INTERNAL, "no memory for a list of %zu files",
          count);
    for (size_t i = 0; i < count; i++) {
        pulse_tick();
        TRY(shard_layout_read(&d->shards[i], paths[i], source));
        d->shard_count++;
        TRY(count_images(d, i, source));
        TRY(check_agreement(&d->shards[0], &d->shards[i]));
    }
    return ST_OK;
}

static status open_all(dataset *d, const dataset_source *source)
{
    file_list found;
    status s = file_list_find(&found, source->files, source->from);
    if (s == ST_OK) s = open_shards(d, source, found.paths, found.count);
    file_list_free(&found);
    return s;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static uint64_t count_samples(const dataset *d)
{
    uint64_t all = d->first[d->shard_count];
    if (d->part.every == 0) return all;
    uint64_t held_out = all / d->part.every;
    return d->part.held_out ? held_out : all - held_out;
}

static status check_part(const dataset *d, const dataset_source *source)
{
    uint64_t all = d->first[d->shard_count], every = d->part.every;
    CHECK(every == 0 || (every >= 2 && every <= all), ST_CONFIG,
          "data.test_every: every %" PRIu64 "th of the %" PRIu64
          " images of \"%s\" would be held out; a number from 2 to that of the images is expected",
          every, all, source->files);
    return ST_OK;
}

// In random order a sample's chunk is unpacked anew, unless it is among those that the reader
// keeps.
static void describe_chunks(dataset *d)
{
    dataset_info *info = &d->info;
    double bytes = 0;
    for (uint64_t i = 0; i < d->shard_count; i++) {
        const shard_layout *l = &d->shards[i];
        bytes += (double)l->count * (double)shard_sample_pixels(l) * (double)l->element_bytes;
        if (l->chunk_samples <= info->chunk_samples) continue;
        info->chunk_samples = l->chunk_samples;
        snprintf(info->chunk_filters, sizeof info->chunk_filters, "%s", l->filters);
    }
    double kept = (double)SHARD_CACHE_BYTES / bytes;
    info->unpacked = kept < 1 ? (double)info->chunk_samples * (1 - kept) : 0;
}

static void describe(dataset *d)
{
    const shard_layout *l = &d->shards[0];
    dataset_info *info = &d->info;
    info->count = count_samples(d);
    info->channels = l->channels;
    info->type = l->type;
    info->kind = l->kind;
    if (l->storage != STORED_ENCODED) {
        snprintf(info->axes, sizeof info->axes, "%s", l->letters);
        info->likely_axes = shard_axes_likely(l);
    }
    info->labelled = l->labelled;
    info->classes = d->classes.count;
    for (uint64_t i = 0; i < d->shard_count; i++) {
        info->height = larger(info->height, d->shards[i].height);
        info->width = larger(info->width, d->shards[i].width);
        info->unwritten += d->shards[i].unwritten;
        info->labels_unwritten += d->shards[i].labels_unwritten;
    }
    describe_chunks(d);
    for (uint64_t i = 0; i < d->shard_count; i++)
        info->varied = info->varied || !d->shards[i].one_size ||
                       d->shards[i].height != info->height || d->shards[i].width != info->width;
    info->sample_bytes = (size_t)info->height * (size_t)info->width * (size_t)info->channels *
                         pixel_bytes(info->type);
}

static status open_dataset(dataset *d, const dataset_source *source)
{
    char files[PATH_MAX];
    d->part = source->part;
    d->images = strdup(source->images);
    d->labels = strdup(dataset_labels_inside(source->labels, files));
    CHECK(d->images != NULL && d->labels != NULL, ST_INTERNAL, "no memory for a data set");
    TRY(open_all(d, source));
    TRY(check_part(d, source));
    TRY(dataset_labels_attach(d, source));
    TRY(dataset_classes_join(&d->classes, d->shards, d->shard_count));
    describe(d);
    if (d->shards[0].storage == STORED_ENCODED) TRY(image_decoder_create(&d->decoder));
    TRY(shard_reader_create(&d->reader, d->shards, d->shard_count, d->images));
    TRY(dataset_pixels_prepare(d, source->nan));
    // The files' own moments are neither those of a part nor of values that take the place of NaN.
    bool own = d->part.every == 0 && source->nan == NAN_REFUSE;
    if (own && dataset_moments_pool(&d->info, d->shards, d->shard_count)) return ST_OK;
    TRY(dataset_moments_scan(&d->info, d));
    dataset_fill_nan(d, d->info.mean);
    return ST_OK;
}

status dataset_open(dataset **out, const dataset_source *source)
{
    *out = NULL;
    dataset *d = calloc(1, sizeof *d);
    CHECK(d != NULL, ST_INTERNAL, "no memory for a data set");
    status s = open_dataset(d, source);
    if (s == ST_OK)
        *out = d;
    else
        dataset_close(d);
    return s;
}

status dataset_count(const dataset_source *source, uint64_t *count)
{
    dataset d = {.part = source->part};
    status s = open_all(&d, source);
    if (s == ST_OK) s = check_part(&d, source);
    if (s == ST_OK) *count = count_samples(&d);
    for (uint64_t i = 0; i < d.shard_count; i++)
        shard_layout_free(&d.shards[i]);
    free(d.shards);
    free(d.first);
    return s;
}

const dataset_info *dataset_get_info(const dataset *d)
{
    return &d->info;
}

float dataset_deviation(const dataset_info *info)
{
    double sum = 0;
    for (int c = 0; c < info->channels; c++)
        sum += (double)info->deviation[c] * (double)info->deviation[c];
    return sum > 0 ? (float)sqrt(sum / info->channels) : 1.0f;
}

void dataset_close(dataset *d)
{
    if (d == NULL) return;
    shard_reader_destroy(&d->reader);
    image_decoder_destroy(d->decoder);
    for (uint64_t i = 0; i < d->shard_count; i++)
        shard_layout_free(&d->shards[i]);
    dataset_classes_free(&d->classes);
    free(d->shards);
    free(d->first);
    free(d->floats);
    free(d->images);
    free(d->labels);
    free(d);
}
