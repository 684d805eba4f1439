// io/packing/class_text.c -- sorts the names of classes, and joins them.
#include "io/packing/class_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_TEXT 64000 // HDF5 keeps attributes of less than 64 KiB
#define MOST_DIGITS  18    // of a name that is taken for a number

typedef struct numbered {
    int number; // before
    char *name;
} numbered;

static bool is_number(const char *name)
{
    size_t length = strlen(name);
    return strspn(name, "0123456789") == length && length <= MOST_DIGITS;
}

static int compare_bytes(const void *a, const void *b)
{
    return strcmp(((const numbered *)a)->name, ((const numbered *)b)->name);
}

// Equal numbers that are written otherwise, as 7 and 07, are two classes.
static int compare_numbers(const void *a, const void *b)
{
    long long one = strtoll(((const numbered *)a)->name, NULL, 10);
    long long other = strtoll(((const numbered *)b)->name, NULL, 10);
    return one != other ? (one > other) - (one < other) : compare_bytes(a, b);
}

status class_text_sort(class_list *list, bool numbers, int **map)
{
    size_t count = (size_t)list->count;
    class_list sorted = {0};
    *map = NULL;
    numbered *names = calloc(count + 1, sizeof *names);
    CHECK(names != NULL, ST_INTERNAL, "no memory for the names of classes");
    for (int i = 0; i < list->count; i++) {
        names[i] = (numbered){i, list->names[i]};
        numbers = numbers && is_number(list->names[i]);
    }
    qsort(names, count, sizeof *names, numbers ? compare_numbers : compare_bytes);
    status s = ST_OK;
    int label;
    for (int i = 0; i < list->count && s == ST_OK; i++)
        s = class_list_add(&sorted, names[i].name, &label);
    free(names);
    if (s == ST_OK) s = class_list_map(list, &sorted, map);
    if (s != ST_OK) {
        class_list_free(&sorted);
        free(*map);
        return s;
    }
    class_list_free(list);
    *list = sorted;
    return ST_OK;
}

status class_text_join(const class_list *list, const char *source, char **text)
{
    size_t room = 1, used = 0;
    *text = NULL;
    for (int i = 0; i < list->count; i++) {
        CHECK(strchr(list->names[i], '\n') == NULL, ST_BAD_DATA,
              "%s: the name of class %d has several lines: give it another", source, i);
        room += strlen(list->names[i]) + 1;
    }
    CHECK(room < LARGEST_TEXT, ST_BAD_DATA,
          "%s: the names of its %d classes are longer than the %d bytes that a shard can keep: "
          "use shorter names",
          source, list->count, LARGEST_TEXT);
    *text = calloc(room, 1);
    CHECK(*text != NULL, ST_INTERNAL, "no memory for the names of classes");
    for (int i = 0; i < list->count; i++)
        used +=
            (size_t)snprintf(*text + used, room - used, "%s%s", i > 0 ? "\n" : "", list->names[i]);
    return ST_OK;
}
