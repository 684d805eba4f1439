// io/files/chunk_decode.h -- undoes HDF5's deflate and shuffle filters outside of HDF5.
#ifndef IO_FILES_CHUNK_DECODE_H
#define IO_FILES_CHUNK_DECODE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct chunk_form {
    bool deflated, shuffled;
    size_t element_bytes; // that shuffle took apart
} chunk_form;

// `packed` becomes exactly `bytes` bytes in `chunk`; `between` (bytes) is scratch. False when the
// packed bytes are damaged.
bool chunk_decode(const chunk_form *form, const void *packed, size_t packed_bytes, void *chunk,
                  void *between, size_t bytes);

#endif
