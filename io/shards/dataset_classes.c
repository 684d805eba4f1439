// io/shards/dataset_classes.c -- maps from the labels of a file to those of all.
#include "io/shards/dataset_classes.h"

#include <stdlib.h>
#include <string.h>

static status cannot_compare(const char *named, const char *unnamed)
{
    return failure(ST_BAD_DATA,
                   "%s names its classes, %s does not, so nobody knows whether equal label numbers "
                   "mean equal classes: give both the attribute class_names (one name a line), or "
                   "say data.classes=by_number if they do",
                   named, unnamed);
}

// *named is false when no file has names.
static status check_names(const shard_layout *shards, uint64_t count, bool *named)
{
    const shard_layout *with = NULL, *without = NULL;
    for (uint64_t i = 0; i < count; i++) {
        const shard_layout *l = &shards[i];
        if (l->classes == 0) continue; // nothing is labelled here
        if (l->class_names.count > 0)
            with = with == NULL ? l : with;
        else
            without = without == NULL ? l : without;
    }
    *named = with != NULL;
    if (with != NULL && without != NULL) return cannot_compare(with->path, without->path);
    return ST_OK;
}

// The count of classes under the maps.
static void count_classes(dataset_classes *c, const shard_layout *shards)
{
    c->count = 0;
    for (uint64_t i = 0; i < c->shard_count; i++)
        for (int label = 0; label < shards[i].classes; label++) {
            int class = c->maps != NULL && c->maps[i] != NULL ? c->maps[i][label] : label;
            if (class != label) c->mapped = true;
            if (class >= c->count) c->count = class + 1;
        }
}

// A map of each file into c->names, which may grow.
static status map_all(dataset_classes *c, const shard_layout *shards)
{
    c->maps = calloc(c->shard_count, sizeof *c->maps);
    CHECK(c->maps != NULL, ST_INTERNAL, "no memory for the classes of %llu files",
          (unsigned long long)c->shard_count);
    for (uint64_t i = 0; i < c->shard_count; i++)
        if (!class_list_same(&shards[i].class_names, &c->names))
            TRY(class_list_map(&shards[i].class_names, &c->names, &c->maps[i]));
    return ST_OK;
}

status dataset_classes_join(dataset_classes *c, const shard_layout *shards, uint64_t shard_count)
{
    bool named;
    *c = (dataset_classes){.shard_count = shard_count};
    TRY(check_names(shards, shard_count, &named));
    if (named) TRY(map_all(c, shards));
    count_classes(c, shards);
    return ST_OK;
}

status dataset_classes_follow(dataset_classes *c, const shard_layout *shards,
                              const dataset_classes *leader, const shard_layout *leader_shards)
{
    bool named = c->names.count > 0, leader_named = leader->names.count > 0;
    if (named != leader_named)
        return cannot_compare(named ? shards[0].path : leader_shards[0].path,
                              named ? leader_shards[0].path : shards[0].path);
    if (!named) return ST_OK;
    dataset_classes following = {.shard_count = c->shard_count};
    status s = ST_OK;
    for (int i = 0, label; i < leader->names.count && s == ST_OK; i++)
        s = class_list_add(&following.names, leader->names.names[i], &label);
    if (s == ST_OK) s = map_all(&following, shards);
    if (s != ST_OK) {
        dataset_classes_free(&following);
        return s;
    }
    dataset_classes_free(c);
    *c = following;
    count_classes(c, shards);
    return ST_OK;
}

void dataset_classes_apply(const dataset_classes *c, uint64_t shard, int64_t *labels,
                           uint64_t count)
{
    const int *map = c->maps != NULL ? c->maps[shard] : NULL;
    for (uint64_t i = 0; i < count && map != NULL; i++)
        if (labels[i] >= 0) labels[i] = map[labels[i]];
}

void dataset_classes_free(dataset_classes *c)
{
    for (uint64_t i = 0; i < c->shard_count && c->maps != NULL; i++)
        free(c->maps[i]);
    free(c->maps);
    class_list_free(&c->names);
    *c = (dataset_classes){0};
}
