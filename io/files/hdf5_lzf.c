// io/files/hdf5_lzf.c -- Marc Lehmann's LZF: runs of literal bytes, and copies of what was unpacked
// before.
//   0 .. 31, then value + 1 bytes as they are
//   (length - 2) << 5 | high bits of the distance less 1, then its low 8 bits; length - 2 of 7
//   stands for 7 + the byte between the two. A copy may reach into what it writes itself.
#include "io/files/hdf5_lzf.h"

#include <hdf5.h>
#include <string.h>

#define LONG_COPY 7u

typedef struct lzf_token {
    size_t literal;  // bytes as they are, from `from` on; 0: a copy
    size_t length;   // of either
    size_t distance; // of a copy: so many bytes back
    size_t from;     // where literal bytes stand among the packed ones
} lzf_token;

// The token at *at, and *at behind it. False: the packed bytes end before.
static bool next_token(const unsigned char *packed, size_t count, size_t *at, lzf_token *t)
{
    unsigned control = packed[(*at)++];
    bool literal = control < 32;
    *t = (lzf_token){.length = (size_t)control + 1, .from = *at};
    if (literal) {
        t->literal = t->length;
        if (t->length > count - *at) return false;
        *at += t->length;
        return true;
    }
    t->length = control >> 5;
    if (count - *at < (t->length == LONG_COPY ? 2u : 1u)) return false;
    if (t->length == LONG_COPY) t->length += packed[(*at)++];
    t->length += 2;
    t->distance = ((size_t)(control & 31u) << 8 | packed[(*at)++]) + 1;
    return true;
}

size_t lzf_size(const unsigned char *packed, size_t count)
{
    size_t bytes = 0, at = 0;
    lzf_token t;
    while (at < count) {
        if (!next_token(packed, count, &at, &t) || t.distance > bytes) return 0;
        bytes += t.length;
    }
    return bytes;
}

bool lzf_unpack(const unsigned char *packed, size_t count, unsigned char *out, size_t bytes)
{
    size_t made = 0, at = 0;
    lzf_token t;
    while (at < count) {
        if (!next_token(packed, count, &at, &t)) return false;
        if (t.distance > made || t.length > bytes - made) return false;
        if (t.literal > 0) memcpy(out + made, packed + t.from, t.literal);
        for (size_t i = 0; t.literal == 0 && i < t.length; i++)
            out[made + i] = out[made + i - t.distance];
        made += t.length;
    }
    return made == bytes;
}

// HDF5 gives a chunk as stored, and takes its memory over; 0 is a failure.
static size_t filter(unsigned flags, size_t value_count, const unsigned values[], size_t count,
                     size_t *room, void **buffer)
{
    (void)value_count;
    (void)values;
    size_t bytes = (flags & H5Z_FLAG_REVERSE) != 0 ? lzf_size(*buffer, count) : 0;
    unsigned char *out = bytes > 0 ? H5allocate_memory(bytes, false) : NULL;
    if (out == NULL) return 0;
    if (!lzf_unpack(*buffer, count, out, bytes)) {
        H5free_memory(out);
        return 0;
    }
    H5free_memory(*buffer);
    *buffer = out;
    *room = bytes;
    return bytes;
}

void hdf5_lzf_register(void)
{
    static const H5Z_class2_t lzf = {.version = H5Z_CLASS_T_VERS,
                                     .id = HDF5_FILTER_LZF,
                                     .encoder_present = 0,
                                     .decoder_present = 1,
                                     .name = "lzf",
                                     .filter = filter};
    (void)H5Zregister(&lzf); // where it fails, data in lzf are told to lack their filter
}
