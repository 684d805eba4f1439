// io/files/chunk_decode.c -- zlib, and putting the bytes of each element together again.
#include "io/files/chunk_decode.h"

#include <string.h>
#include <zlib.h>

static bool inflate_bytes(const void *packed, size_t packed_bytes, void *out, size_t bytes)
{
    uLongf made = bytes;
    return uncompress(out, &made, packed, packed_bytes) == Z_OK && made == bytes;
}

// The filter stored the first bytes of all elements, then all second bytes, and so on.
static void unshuffle(const unsigned char *from, unsigned char *to, size_t bytes, size_t element)
{
    size_t count = bytes / element;
    for (size_t b = 0; b < element; b++)
        for (size_t i = 0; i < count; i++)
            to[i * element + b] = from[b * count + i];
}

bool chunk_decode(const chunk_form *form, const void *packed, size_t packed_bytes, void *chunk,
                  void *between, size_t bytes)
{
    const void *whole = packed;
    if (form->deflated) {
        void *to = form->shuffled ? between : chunk;
        if (!inflate_bytes(packed, packed_bytes, to, bytes)) return false;
        whole = to;
    } else if (packed_bytes != bytes) {
        return false;
    }
    if (form->shuffled)
        unshuffle(whole, chunk, bytes, form->element_bytes);
    else if (whole != chunk)
        memcpy(chunk, whole, bytes);
    return true;
}
