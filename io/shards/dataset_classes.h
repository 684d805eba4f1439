// io/shards/dataset_classes.h -- one numbering of classes for all files of a data set, and for two
// data sets: labels are compared by the names of their classes wherever files give names.
#ifndef IO_SHARDS_DATASET_CLASSES_H
#define IO_SHARDS_DATASET_CLASSES_H

#include "io/shards/shard_layout.h"

typedef struct dataset_classes {
    class_list names; // by label; none: files have numbers alone
    int **
        maps; // (shard_count) labels of each file to those of the data set; NULL: they are the same
    uint64_t shard_count;
    int count;     // 1 + largest label
    bool mapped;   // some map changes a label
} dataset_classes; // all 0: no labels

// Names are taken in the order of files. Free it also after errors.
// Errors: ST_BAD_DATA some labelled files name their classes and others do not; ST_INTERNAL no
// memory.
status dataset_classes_join(dataset_classes *c, const shard_layout *shards, uint64_t shard_count);

// Labels of `c` become those of `leader`, by name; classes that it lacks get the numbers behind its
// own. Both must be labelled. Errors: ST_BAD_DATA one has names and the other does not; ST_INTERNAL
// no memory.
status dataset_classes_follow(dataset_classes *c, const shard_layout *shards,
                              const dataset_classes *leader, const shard_layout *leader_shards);

// Labels as file `shard` has them become those of the data set, in place; -1 stays.
void dataset_classes_apply(const dataset_classes *c, uint64_t shard, int64_t *labels,
                           uint64_t count);

void dataset_classes_free(dataset_classes *c);

#endif
