// io/packing/ignored_files.h -- what a pack leaves where it is: how many files of which kind, and
// the first of each.
#ifndef IO_PACKING_IGNORED_FILES_H
#define IO_PACKING_IGNORED_FILES_H

#include <stddef.h>
#include <stdint.h>

#define IGNORED_KINDS 16 // told apart; what comes later is counted together
#define IGNORED_TEXT  4096

typedef struct ignored_kind {
    char what[40];
    char first[120]; // inside the source folder; cut to what fits
    uint64_t count;
} ignored_kind;

// All 0: nothing is ignored.
typedef struct ignored_files {
    ignored_kind kinds[IGNORED_KINDS];
    int kind_count;
    uint64_t others;
} ignored_files;

// One more file of a kind: `what` says which, as in "images in sub-folders".
void ignored_files_add(ignored_files *g, const char *what, const char *name);

// One more whose kind is its ending: ".gif", or "without an ending".
void ignored_files_add_ending(ignored_files *g, const char *name);

// Adds what `more` counts, behind what is there.
void ignored_files_join(ignored_files *g, const ignored_files *more);

// "2 images in sub-folders (cat/old/1.jpg), 4 .gif (a.gif)"; "" when nothing is ignored.
const char *ignored_files_text(const ignored_files *g, char text[IGNORED_TEXT]);

#endif
