// io/shards/class_list.h -- names of classes, in the order of their labels: what label numbers
// mean, and how the numbers of one file become those of another by name.
#ifndef IO_SHARDS_CLASS_LIST_H
#define IO_SHARDS_CLASS_LIST_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define CLASS_LIST_MOST 65536 // names

typedef struct class_list {
    char **names; // (count) by label; owned
    int *order;   // (count) labels in the order of their names' bytes; owned
    int count, room;
} class_list; // all 0: no names

// The label of `name`, or -1. O(log count).
int class_list_find(const class_list *list, const char *name);

// The label of `name`, which is appended if it is not there. Errors: ST_INTERNAL no memory;
// ST_BAD_DATA too many names.
status class_list_add(class_list *list, const char *name, int *label);

// Adds the lines of `text`, of which the last may end or not. `path` begins the messages.
// Errors: also ST_BAD_DATA a name that is there twice or is empty.
status class_list_parse(class_list *list, const char *text, const char *path);

// Labels become those of the order of names.
status class_list_sort(class_list *list);

bool class_list_same(const class_list *a, const class_list *b);

// map[i] becomes the label that name i of `from` has in `into`, where it is appended if it is
// missing. *map is the caller's to free. Errors: as class_list_add.
status class_list_map(const class_list *from, class_list *into, int **map);

void class_list_free(class_list *list);

#endif
