// io/images/numbers.h -- numbers that files hold and no pixel_type is: they are read as float32.
#ifndef IO_IMAGES_NUMBERS_H
#define IO_IMAGES_NUMBERS_H

#include <stddef.h>

typedef enum number_kind {
    NUMBER_PIXEL, // none of these: a pixel_type, kept as it is
    NUMBER_BOOL,  // a byte; all but 0 is 1
    NUMBER_I8,
    NUMBER_I16,
    NUMBER_I32,
    NUMBER_I64,
    NUMBER_U32,
    NUMBER_U64,
    NUMBER_F16, // IEEE half precision
    NUMBER_F64
} number_kind;

typedef struct number_type {
    const char *name; // "int16"; NULL of NUMBER_PIXEL
    size_t bytes;     // of one
    // The values that count as 0 and 1 where nobody says so. Equal: those of the data, for integers
    // of so many bits that no data fill their range.
    float low, high;
} number_type;

const number_type *number_type_of(number_kind kind);

// The other byte order, in place, of `count` numbers of 1, 2, 4 or 8 bytes each.
void numbers_swap(void *numbers, size_t bytes, size_t count);

// `count` numbers in this machine's byte order, aligned to their size, as the nearest floats. What
// is too large for a float becomes infinite.
void numbers_to_floats(number_kind kind, const void *numbers, size_t count, float *floats);

#endif
