// io/files/buffer.c -- see buffer.h.
#include "io/files/buffer.h"

#include <stdlib.h>

status buffer_reserve(buffer *b, size_t bytes, const char *what)
{
    if (b->data != NULL && bytes <= b->room) return ST_OK;
    free(b->data);
    b->room = 0;
    b->data = malloc(bytes > 0 ? bytes : 1);
    if (b->data == NULL) {
        (void)failure(ST_INTERNAL, "%s: no memory to decode it", what);
        return ST_INTERNAL; // written out for the analyser, which does not know failure()
    }
    b->room = bytes;
    return ST_OK;
}
