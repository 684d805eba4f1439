// trainer/streams/data_look.c -- opens the data set as a training would, NaN apart, and measures.
#include "trainer/streams/data_look.h"

#include "base/clock.h"
#include "base/printable.h"
#include "io/shards/dataset_values.h"
#include "io/shards/shard.h"
#include "io/views/order.h"
#include "trainer/streams/data_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_SECONDS 0.5 // of reading
#define LOOK_MOST    20000
#define CLASSES_TOLD 20

typedef struct data_look {
    FILE *out;
    const dataset_source *source;
    dataset *data;
    const dataset_info *info;
    dataset_values values;
    double unit; // stored units of the value 1
} data_look;

static void write_storage(const data_look *l)
{
    const dataset_info *info = l->info;
    if (info->axes[0] == '\0' || info->chunk_samples == 0)
        fprintf(l->out, "  storage    one piece%s\n",
                info->axes[0] == '\0' ? " of encoded files" : "");
    else
        fprintf(l->out, "  storage    chunks of %" PRIu64 " images (%s)\n", info->chunk_samples,
                info->chunk_filters[0] != '\0' ? info->chunk_filters : "not compressed");
    if (info->unpacked > 1)
        fprintf(l->out,
                "             about %.0f images are unpacked for each read in random order\n",
                info->unpacked);
    if (info->unwritten > 0)
        fprintf(l->out,
                "             %" PRIu64 " images were never written, and are the fill value\n",
                info->unwritten);
}

static void write_values(const data_look *l)
{
    fprintf(l->out, "  values     %g .. %g, all but 0.1 %% at either end %g .. %g\n",
            (double)l->values.least * l->unit, (double)l->values.largest * l->unit,
            (double)dataset_values_quantile(&l->values, 0.001) * l->unit,
            (double)dataset_values_quantile(&l->values, 0.999) * l->unit);
    if (l->info->type == PIXEL_F32)
        fprintf(l->out,
                "  NaN        %" PRIu64 " pixels in %" PRIu64 " of %" PRIu64 " images looked at\n",
                l->info->nan_pixels, l->info->nan_samples, l->info->looked_at);
}

static void write_counts(const data_look *l, const uint64_t *counts)
{
    int told = l->info->classes < CLASSES_TOLD ? l->info->classes : CLASSES_TOLD;
    for (int c = 0; c < told; c++) {
        const char *name = dataset_class_name(l->data, c);
        fprintf(l->out, "  class %-4d %8" PRIu64 "%s%s\n", c, counts[c + 1],
                name != NULL ? " " : "", name != NULL ? printable(name) : "");
    }
    if (told < l->info->classes)
        fprintf(l->out, "  and %d classes more\n", l->info->classes - told);
    if (counts[0] > 0) fprintf(l->out, "  unlabelled %8" PRIu64 "\n", counts[0]);
}

static status write_classes(const data_look *l)
{
    if (!l->info->labelled) return ST_OK;
    uint64_t *counts = calloc((size_t)l->info->classes + 1, sizeof *counts);
    CHECK(counts != NULL, ST_INTERNAL, "no memory for %d classes", l->info->classes);
    status s = ST_OK;
    int64_t labels[256];
    for (uint64_t first = 0; first < l->info->count && s == ST_OK; first += 256) {
        uint64_t left = l->info->count - first, count = left < 256 ? left : 256;
        s = dataset_read_labels(l->data, first, count, labels);
        for (uint64_t i = 0; i < count && s == ST_OK; i++)
            counts[labels[i] + 1]++;
    }
    if (s == ST_OK) write_counts(l, counts);
    free(counts);
    return s;
}

// In the order of an epoch.
static status write_speed(const data_look *l)
{
    const order o = {.seed = 1, .count = l->info->count, .batch = l->info->count};
    uint64_t most = l->info->count < LOOK_MOST ? l->info->count : LOOK_MOST, read = 0;
    void *pixels = malloc(l->info->sample_bytes);
    CHECK(pixels != NULL, ST_INTERNAL, "no memory for an image of %zu bytes",
          l->info->sample_bytes);
    status s = ST_OK;
    double start = clock_seconds(), seconds = 0;
    while (read < most && seconds < LOOK_SECONDS && s == ST_OK) {
        image_size size;
        s = dataset_read_sized(l->data, order_sample(&o, 0, read++), pixels, &size);
        seconds = clock_seconds() - start;
    }
    free(pixels);
    TRY(s);
    fprintf(l->out,
            "  reading    %.0f images/s in random order, one rank, now (%" PRIu64 " read)\n",
            (double)read / (seconds > 0 ? seconds : 1e-9), read);
    return ST_OK;
}

// Colours are clipped outside of it.
static bool wants_range(const data_look *l)
{
    const number_type *stored = number_type_of(l->info->kind);
    bool integer =
        l->info->type != PIXEL_F32 || l->info->kind == NUMBER_I8 || l->info->kind == NUMBER_I16;
    float span = l->values.largest - l->values.least;
    if (stored->low == stored->high || l->info->type == PIXEL_U8) return false;
    if (integer) return span < 0.05f * (stored->high - stored->low);
    return l->values.least < 0 || l->values.largest > 1;
}

static void write_key(const data_look *l, const char *key, const char *value, const char *usual)
{
    if (value[0] != '\0' && strcmp(value, usual) != 0)
        fprintf(l->out, " data.%s=%s", key, printable(value));
}

static void write_line(const data_look *l)
{
    fprintf(l->out, "  train      basin train jobs/own.yaml data.train='%s'",
            printable(l->source->files));
    write_key(l, "images", l->source->images, SHARD_IMAGES);
    write_key(l, "labels", l->source->labels, SHARD_LABELS);
    write_key(l, "axes", l->source->axes, "auto");
    if (wants_range(l)) fprintf(l->out, " data.range=data");
    if (l->info->nan_pixels > 0) fprintf(l->out, " data.nan=mean");
    if (l->info->varied) fprintf(l->out, " data.size=64");
    fprintf(l->out, "\n");
    if (l->info->unpacked > 4)
        fprintf(l->out,
                "             or first rewrite it: basin pack '%s' DST, with --images, --labels "
                "and --axes as above\n",
                printable(l->source->files));
}

static status write_all(data_look *l)
{
    char text[256];
    data_report_write(l->info, text, sizeof text);
    fprintf(l->out, "%s: %s\n", printable(l->source->images), text);
    write_storage(l);
    TRY(dataset_values_measure(l->data, &l->values));
    write_values(l);
    TRY(write_classes(l));
    TRY(write_speed(l));
    write_line(l);
    return ST_OK;
}

status data_look_write(FILE *out, const dataset_source *source)
{
    data_look l = {.out = out, .source = source};
    dataset_source lenient = *source;
    lenient.nan = NAN_MEAN; // to be counted
    TRY(dataset_open(&l.data, &lenient));
    l.info = dataset_get_info(l.data);
    l.unit = image_info_unit(l.info);
    status s = write_all(&l);
    dataset_values_free(&l.values);
    dataset_close(l.data);
    return s;
}
