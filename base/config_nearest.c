// base/config_nearest.c -- lists of names for messages, and which of them a misspelt word meant.
#include "base/config_private.h"

#include <string.h>

#define LONGEST_NAME 64

// Edits (insert, delete, replace, swap neighbours) from `a` to `b`, at most LONGEST_NAME long.
//   source: Damerau 1964; the restricted form, where no part is edited twice
static int edit_distance(const char *a, const char *b)
{
    int rows[3][LONGEST_NAME + 1], *before = rows[0], *last = rows[1], *row = rows[2];
    int a_length = (int)strlen(a), b_length = (int)strlen(b);
    memset(rows, 0, sizeof rows);
    for (int j = 0; j <= b_length; j++)
        row[j] = j;
    for (int i = 1; i <= a_length; i++) {
        int *free_row = before;
        before = last, last = row, row = free_row;
        row[0] = i;
        for (int j = 1; j <= b_length; j++) {
            int best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best) best = last[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && before[j - 2] + 1 < best) best = before[j - 2] + 1;
            row[j] = best;
        }
    }
    return row[b_length];
}

const char *config_nearest(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    size_t word_length = strlen(word);
    int nearest_distance = LONGEST_NAME;
    for (; *names != NULL; names++) {
        size_t length = strlen(*names);
        if (length > LONGEST_NAME) continue;
        int longer = (int)(word_length > length ? word_length : length);
        int distance = edit_distance(word, *names);
        if (distance > (longer + 1) / 3 || distance >= nearest_distance) continue;
        nearest = *names;
        nearest_distance = distance;
    }
    return nearest;
}

void config_add_name(name_list *list, const char *name)
{
    ASSERT(list->count < CONFIG_MOST_NAMES);
    list->names[list->count++] = name;
    list->names[list->count] = NULL;
}

void config_split_choices(name_list *list, const char *choices)
{
    list->count = 0;
    list->names[0] = NULL;
    if (choices == NULL) return;
    ASSERT(strlen(choices) < sizeof list->text);
    snprintf(list->text, sizeof list->text, "%s", choices);
    char *rest = list->text, *name;
    while ((name = strsep(&rest, "|")) != NULL)
        config_add_name(list, name);
}

const char *config_join(const name_list *list, char text[CONFIG_LIST_SIZE])
{
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; i < list->count && length < CONFIG_LIST_SIZE; i++)
        length += (size_t)snprintf(text + length, CONFIG_LIST_SIZE - length, "%s%s",
                                   i > 0 ? ", " : "", list->names[i]);
    return text;
}
