// tests/fuzz/fuzz_forged_shard.c -- shards, and a user's own files, in which fields are changed
// while they are made, and whose checksums are then right: each reader refuses them, or goes on
// within its memory.
//
// The first byte chooses what the file begins as, the others changes (choices.h). Without any the
// file is good.
#include "io/shards/dataset_values.h"
#include "io/shards/shard.h"
#include "tests/fuzz/choices.h"
#include "tests/fuzz/forging.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/shard_forms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_BYTES ((size_t)1 << 20) // of a sample that is read

static char path[64];

static void remove_file(void)
{
    (void)unlink(path);
}

static void change_contents(shard_form *f, forged_column *c, choices *from)
{
    size_t size = H5Tget_size(c->type), room = sizeof f->contents[0];
    size_t which = (size_t)(c - f->columns);
    if (size == 0 || c->bytes < size) return;
    size_t place = (size_t)(choices_number(from, 0) % (c->bytes / size)) * size;
    uint64_t now = 0;
    size_t part = size < sizeof now ? size : sizeof now;
    ASSERT(place + part <= room);
    memcpy(&now, f->contents[which] + place, part);
    now = choices_number(from, now);
    memcpy(f->contents[which] + place, &now, part);
}

static void change_shape(shard_form *f, forged_column *c, choices *from)
{
    hsize_t *size;
    (void)f;
    switch (choices_one(from, 4)) {
    case 0:
        c->rank = (int)choices_one(from, FORGED_RANK + 1);
        break;
    case 1:
        size = &c->chunk[choices_one(from, FORGED_RANK)];
        *size = choices_number(from, *size);
        break;
    default:
        size = &c->dims[choices_one(from, FORGED_RANK)];
        *size = choices_number(from, *size);
    }
}

static void change_storage(shard_form *f, forged_column *c, choices *from)
{
    switch (choices_one(from, 6)) {
    case 0:
        c->storage = (forged_storage)choices_one(from, STORAGES);
        break;
    case 1:
        c->type = f->types[choices_one(from, FORM_TYPES)];
        break;
    case 2:
        c->bytes = choices_one(from, 2) == 0 ? 0 : sizeof f->contents[0];
        break;
    case 3:
        c->shuffled = !c->shuffled;
        break;
    case 4:
        c->deflated = !c->deflated;
        break;
    default:
        c->summed = !c->summed;
    }
}

static void change_name(shard_form *f, forged_column *c, choices *from)
{
    (void)f;
    static const char *const names[] = {SHARD_IMAGES,  SHARD_LABELS,  SHARD_CRC,
                                        SHARD_BYTES,   SHARD_OFFSETS, SHARD_COARSE_LABELS,
                                        "/group/other"};
    size_t way = choices_one(from, sizeof names / sizeof *names + 1);
    if (way < sizeof names / sizeof *names)
        snprintf(c->name, sizeof c->name, "%s", names[way]);
    else
        c->name[0] = '\0'; // left out
}

static void change_attribute(shard_form *f, forged_column *c, choices *from)
{
    forged_attribute *a = &f->attributes[choices_one(from, f->attribute_count)];
    size_t which = (size_t)(a - f->attributes);
    (void)c;
    switch (choices_one(from, 6)) {
    case 0:
        a->type = f->types[choices_one(from, FORM_TYPES)];
        break;
    case 1:
        a->rank = (int)choices_one(from, 3);
        break;
    case 2:
        a->dims[choices_one(from, 2)] = choices_one(from, 256);
        break;
    case 3:
        a->name[0] = '\0';
        break;
    default: {
        uint64_t number = choices_number(from, 0);
        size_t place = choices_one(from, sizeof f->values[0] - sizeof number);
        memcpy(f->values[which] + place, &number, sizeof number);
    }
    }
}

static void change_source(shard_form *f, forged_column *c, choices *from)
{
    static const char *const axes[] = {"NHWC", "auto", "NCHW", "HWCN", "CHWN", "NHW",
                                       "HW",   "HWC",  "WHN",  "nchw", "NN"};
    static const char *const labels[] = {SHARD_LABELS, "", SHARD_COARSE_LABELS, SHARD_CRC,
                                         SHARD_OFFSETS};
    (void)c;
    switch (choices_one(from, 6)) {
    case 0:
        f->source.axes = axes[choices_one(from, sizeof axes / sizeof *axes)];
        break;
    case 1:
        f->source.labels = labels[choices_one(from, sizeof labels / sizeof *labels)];
        break;
    case 2:
        f->source.images = choices_one(from, 2) == 0 ? SHARD_IMAGES : SHARD_LABELS;
        break;
    case 3:
        f->source.part = (dataset_part){choices_number(from, 0), choices_one(from, 2) == 0};
        break;
    case 4:
        f->source.nan = (nan_rule)choices_one(from, NAN_MEAN + 1);
        break;
    default:
        f->source.by_number = true;
    }
}

static void change(shard_form *f, choices *from)
{
    static void (*const ways[])(shard_form *, forged_column *, choices *) = {
        change_contents, change_contents,  change_shape, change_storage,
        change_name,     change_attribute, change_source};
    forged_column *c = &f->columns[choices_one(from, f->column_count)];
    ways[choices_one(from, sizeof ways / sizeof *ways)](f, c, from);
}

static void read_labels(dataset *d, uint64_t first, uint64_t count)
{
    int64_t labels[8];
    const dataset_info *info = dataset_get_info(d);
    if (!info->labelled) return;
    if (dataset_read_labels(d, first, count, labels) != ST_OK) {
        status_clear();
        return;
    }
    for (uint64_t i = 0; i < count; i++) {
        ASSERT(labels[i] >= -1 && labels[i] < info->classes);
        if (labels[i] >= 0) (void)dataset_class_name(d, labels[i]);
    }
}

// The first samples and the last ones, with their labels.
static void read_samples(dataset *d)
{
    const dataset_info *info = dataset_get_info(d);
    uint64_t some = info->count < 4 ? info->count : 4;
    image_size size;
    ASSERT(info->count > 0);
    read_labels(d, 0, some);
    read_labels(d, info->count - some, some);
    void *pixels = info->sample_bytes <= MOST_BYTES ? malloc(info->sample_bytes) : NULL;
    for (uint64_t i = 0; i < 2 * some && pixels != NULL; i++) {
        uint64_t index = i < some ? i : info->count - 1 - (i - some);
        if (dataset_read_sized(d, index, pixels, &size) != ST_OK) status_clear();
    }
    free(pixels);
}

// Returns whether it is a data set.
static bool use(const dataset_source *source)
{
    dataset *d;
    uint64_t hash;
    dataset_values values = {0};
    bool opened = dataset_open(&d, source) == ST_OK;
    if (opened) {
        read_samples(d);
        if (dataset_get_info(d)->sample_bytes <= MOST_BYTES) {
            if (dataset_hash(d, &hash) != ST_OK) status_clear();
            if (!dataset_get_info(d)->varied && dataset_values_measure(d, &values) != ST_OK)
                status_clear();
        }
        dataset_values_free(&values);
        dataset_close(d);
    }
    status_clear();
    return opened;
}

static bool write_form(shard_form *f)
{
    f->source.files = path;
    shard_form_seal(f);
    bool made = forge_file(
        path, &(forged_file){f->columns, f->column_count, f->attributes, f->attribute_count});
    return made;
}

// What is not changed is read.
static void begin_all(shard_form *f)
{
    snprintf(path, sizeof path, "%s/shard.h5", forging_folder());
    if (atexit(remove_file) != 0) abort();
    for (size_t kind = 0; kind < SHARD_FORMS; kind++) {
        shard_form_begin(f, kind);
        ASSERT(write_form(f) && use(&f->source));
        shard_form_end(f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static shard_form f; // too large for a stack
    choices c = {data, size};
    if (path[0] == '\0') begin_all(&f);
    shard_form_begin(&f, choices_one(&c, SHARD_FORMS));
    bool look = choices_one(&c, 4) == 0;
    for (int i = 0; i < 16 && choices_more(&c); i++)
        change(&f, &c);
    if (write_form(&f)) {
        (void)use(&f.source);
        if (look) forging_inspect(path, false);
    }
    shard_form_end(&f);
    forging_check_closed();
    return 0;
}
