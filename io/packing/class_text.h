// io/packing/class_text.h -- the classes of a folder in order, and as the text that a shard keeps.
#ifndef IO_PACKING_CLASS_TEXT_H
#define IO_PACKING_CLASS_TEXT_H

#include "io/shards/class_list.h"

// Labels become those of the order of names: of the numbers that they are, if `numbers` and all of
// them are whole numbers, else of their bytes. map[i] (free it) is the new label of what was i.
// Errors: ST_INTERNAL no memory.
status class_text_sort(class_list *list, bool numbers, int **map);

// The names, one a line; free it. Errors: ST_BAD_DATA more than a shard can hold, or a name of
// several lines; ST_INTERNAL no memory. `source` is for messages.
status class_text_join(const class_list *list, const char *source, char **text);

#endif
