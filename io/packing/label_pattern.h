// io/packing/label_pattern.h -- an image's class from its name: a POSIX extended regular expression
// whose first group is the class.
//
//   '([^/]+)_[0-9]+\.jpg'   dogs/beagle_17.jpg ─> beagle
#ifndef IO_PACKING_LABEL_PATTERN_H
#define IO_PACKING_LABEL_PATTERN_H

#include "base/status.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct label_pattern {
    regex_t compiled;
} label_pattern;

// Errors: ST_USAGE no expression, or one without a group, and then there is nothing to free.
status label_pattern_compile(label_pattern *p, const char *text);

// Where the class of the image `name` (its path inside the source folder) begins in it, and its
// length. False when the pattern is not in the name, or the class is empty.
bool label_pattern_find(const label_pattern *p, const char *name, size_t *start, size_t *length);

void label_pattern_free(label_pattern *p);

#endif
