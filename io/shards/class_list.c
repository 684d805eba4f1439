// io/shards/class_list.c -- an array of names, and the order to find them by halving.
#include "io/shards/class_list.h"

#include <stdlib.h>
#include <string.h>

// The place in list->order where `name` stands or would stand; *found: it is there.
static int place_of(const class_list *list, const char *name, bool *found)
{
    int low = 0, high = list->count;
    *found = false;
    while (low < high && !*found) {
        int middle = low + (high - low) / 2;
        int compared = strcmp(name, list->names[list->order[middle]]);
        if (compared == 0) {
            *found = true;
            low = middle;
        } else if (compared < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

int class_list_find(const class_list *list, const char *name)
{
    bool found;
    int place = place_of(list, name, &found);
    return found ? list->order[place] : -1;
}

static status make_room(class_list *list)
{
    if (list->count < list->room) return ST_OK;
    int room = 2 * list->room + 16;
    char **names = realloc(list->names, (size_t)room * sizeof *names);
    if (names != NULL) list->names = names;
    int *order = realloc(list->order, (size_t)room * sizeof *order);
    if (order != NULL) list->order = order;
    CHECK(names != NULL && order != NULL, ST_INTERNAL, "no memory for the names of classes");
    list->room = room;
    return ST_OK;
}

status class_list_add(class_list *list, const char *name, int *label)
{
    bool found;
    int place = place_of(list, name, &found);
    *label = found ? list->order[place] : list->count;
    if (found) return ST_OK;
    CHECK(list->count < CLASS_LIST_MOST, ST_BAD_DATA,
          "there are more than %d different labels: are these labels at all?", CLASS_LIST_MOST);
    TRY(make_room(list));
    char *copy = strdup(name);
    CHECK(copy != NULL, ST_INTERNAL, "no memory for the names of classes");
    memmove(list->order + place + 1, list->order + place,
            (size_t)(list->count - place) * sizeof *list->order);
    list->order[place] = list->count;
    list->names[list->count++] = copy;
    return ST_OK;
}

// One line, which becomes a text of its own.
static status add_line(class_list *list, char *line, const char *path)
{
    int label, before = list->count;
    CHECK(line[0] != '\0', ST_BAD_DATA,
          "%s: the name of class %d is empty; class_names holds one name a line", path, before);
    TRY(class_list_add(list, line, &label));
    CHECK(list->count > before, ST_BAD_DATA,
          "%s: classes %d and %d are both named \"%s\"; each class needs a name of its own", path,
          label, before, line);
    return ST_OK;
}

status class_list_parse(class_list *list, const char *text, const char *path)
{
    char *copy = strdup(text), *line = copy;
    CHECK(copy != NULL, ST_INTERNAL, "no memory for the names of classes");
    status s = ST_OK;
    while (*line != '\0' && s == ST_OK) {
        size_t length = strcspn(line, "\n");
        char *next = line + length + (line[length] != '\0');
        line[length] = '\0';
        s = add_line(list, line, path);
        line = next;
    }
    free(copy);
    return s;
}

status class_list_sort(class_list *list)
{
    char **names = malloc(((size_t)list->count + 1) * sizeof *names);
    CHECK(names != NULL, ST_INTERNAL, "no memory for the names of classes");
    for (int i = 0; i < list->count; i++)
        names[i] = list->names[list->order[i]];
    for (int i = 0; i < list->count; i++) {
        list->names[i] = names[i];
        list->order[i] = i;
    }
    free(names);
    return ST_OK;
}

bool class_list_same(const class_list *a, const class_list *b)
{
    bool same = a->count == b->count;
    for (int i = 0; i < a->count && same; i++)
        same = strcmp(a->names[i], b->names[i]) == 0;
    return same;
}

status class_list_map(const class_list *from, class_list *into, int **map)
{
    *map = malloc(((size_t)from->count + 1) * sizeof **map);
    CHECK(*map != NULL, ST_INTERNAL, "no memory for the names of classes");
    for (int i = 0; i < from->count; i++)
        TRY(class_list_add(into, from->names[i], &(*map)[i]));
    return ST_OK;
}

void class_list_free(class_list *list)
{
    for (int i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    free(list->order);
    *list = (class_list){0};
}
