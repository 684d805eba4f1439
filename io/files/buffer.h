// io/files/buffer.h -- memory that grows to the largest that was asked for.
#ifndef IO_FILES_BUFFER_H
#define IO_FILES_BUFFER_H

#include "base/status.h"

#include <stddef.h>

typedef struct buffer {
    void *data;  // owned: free it
    size_t room; // bytes
} buffer;

// At least `bytes`; what the buffer held is lost when it must grow. Errors: ST_INTERNAL no memory,
// for `what`.
status buffer_reserve(buffer *b, size_t bytes, const char *what);

#endif
