// models/graph/graph_layout.h -- pieces of memory with a life each, packed into one block of bytes.
//
// Pieces whose lives do not overlap may share bytes: the largest piece is placed first, each at the
// lowest offset free for its whole life. A piece is known by its number, -1 is a piece of no bytes.
#ifndef MODELS_GRAPH_GRAPH_LAYOUT_H
#define MODELS_GRAPH_GRAPH_LAYOUT_H

#include "base/status.h"

#include <stddef.h>

typedef struct piece {
    size_t bytes, offset;
    int first, last; // times, inclusive
} piece;

typedef struct layout {
    piece *pieces;
    const piece **order; // of placing
    int count, capacity;
    ptrdiff_t *changes; // (times + 1) bytes that begin to live, less those that have ended
    int times;
    size_t bytes; // of all, once placed
} layout;

// With room for `capacity` pieces that live at times 0 .. times-1. Errors: ST_INTERNAL no memory;
// layout_destroy is still due.
status layout_create(layout *l, int capacity, int times);
void layout_destroy(layout *l);

// Adds a piece, returns its number.
int layout_add(layout *l, size_t bytes, int first, int last);

// The piece also lives at `last`.
void layout_extend(layout *l, int number, int last);

// Takes away all pieces.
void layout_clear(layout *l);

// The most bytes that live at one time: what all pieces need at least.
size_t layout_fullest(layout *l);

// Sets the offsets of all pieces.
void layout_place(layout *l);

// Where the piece lies in memory that begins at `base`; NULL for a piece of no bytes.
void *layout_address(const layout *l, int number, unsigned char *base);

#endif
