// io/shards/dataset_labels.c -- labels of a data set: in the files of its images, or in files of
// their own.
#include "io/shards/dataset_private.h"

#include "io/files/file_list.h"
#include "io/shards/shard_labels.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_LABELS 4096

const char *dataset_labels_inside(const char *labels, char files[PATH_MAX])
{
    const char *inside = labels;
    for (const char *at = strstr(labels, ":/"); at != NULL; at = strstr(at + 1, ":/"))
        inside = at + 1;
    size_t length = inside > labels ? (size_t)(inside - labels) - 1 : 0;
    snprintf(files, PATH_MAX, "%.*s", (int)length, labels);
    return inside;
}

// One column for all samples, in their order.
static status attach_one(dataset *d, const dataset_source *source, const char *path)
{
    uint64_t total = d->first[d->shard_count];
    for (uint64_t i = 0; i < d->shard_count; i++)
        TRY(shard_labels_attach(&d->shards[i], source, path, d->first[i], total));
    return ST_OK;
}

// A file of labels for each file of images.
static status attach_each(dataset *d, const dataset_source *source, const file_list *found)
{
    CHECK(found->count == d->shard_count, ST_BAD_DATA,
          "data.labels: %zu files of labels for %" PRIu64
          " files of images, \"%s\"; one for all is "
          "expected, or one for each",
          found->count, d->shard_count, source->files);
    for (uint64_t i = 0; i < d->shard_count; i++)
        TRY(shard_labels_attach(&d->shards[i], source, found->paths[i], 0, d->shards[i].count));
    return ST_OK;
}

status dataset_labels_attach(dataset *d, const dataset_source *source)
{
    char files[PATH_MAX];
    file_list found;
    if (dataset_labels_inside(source->labels, files) == source->labels) return ST_OK;
    status s = file_list_find(&found, files, source->from);
    if (s == ST_OK)
        s = found.count == 1 ? attach_one(d, source, found.paths[0])
                             : attach_each(d, source, &found);
    file_list_free(&found);
    return s;
}

// Labels of all samples at places first .. first+count-1.
static status read_places(dataset *d, uint64_t first, uint64_t count, int64_t *labels)
{
    while (count > 0) {
        uint64_t shard = dataset_find_file(d, first), left = d->first[shard + 1] - first;
        uint64_t part = count < left ? count : left;
        const shard_layout *l = &d->shards[shard];
        if (l->labelled) {
            TRY(shard_labels_read(l, d->labels, first - d->first[shard], part, labels));
            dataset_classes_apply(&d->classes, shard, labels, part);
        }
        for (uint64_t i = 0; i < part && !l->labelled; i++)
            labels[i] = -1;
        first += part, labels += part, count -= part;
    }
    return ST_OK;
}

status dataset_read_labels(dataset *d, uint64_t first, uint64_t count, int64_t *labels)
{
    int64_t block[BLOCK_LABELS];
    ASSERT(first + count <= d->info.count);
    if (d->part.every == 0) return read_places(d, first, count, labels);
    // Blocks of places that begin with the next sample wanted.
    for (uint64_t i = 0; i < count;) {
        uint64_t begin = dataset_place(d, first + i), end = dataset_place(d, first + count - 1) + 1;
        if (end - begin > BLOCK_LABELS) end = begin + BLOCK_LABELS;
        TRY(read_places(d, begin, end - begin, block));
        for (; i < count && dataset_place(d, first + i) < end; i++)
            labels[i] = block[dataset_place(d, first + i) - begin];
    }
    return ST_OK;
}

status dataset_follow_classes(dataset *d, const dataset *leader)
{
    if (d->classes.count == 0 || leader->classes.count == 0) return ST_OK;
    TRY(dataset_classes_follow(&d->classes, d->shards, &leader->classes, leader->shards));
    d->info.classes = d->classes.count;
    return ST_OK;
}

const char *dataset_class_name(const dataset *d, int64_t label)
{
    const class_list *names = &d->classes.names;
    return label >= 0 && label < names->count ? names->names[label] : NULL;
}
