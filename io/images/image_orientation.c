// io/images/image_orientation.c -- one tag of EXIF's first directory, and eight ways to walk an
// image.
#include "io/images/image_orientation.h"

#include <stdint.h>
#include <string.h>

#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT      3
#define ENTRY_BYTES     12

// EXIF data in either byte order; what lies outside reads as 0.
typedef struct exif_data {
    const unsigned char *bytes;
    size_t size;
    bool big;
} exif_data;

static uint32_t number_at(const exif_data *e, size_t at, size_t count)
{
    uint32_t value = 0;
    if (at > e->size || e->size - at < count) return 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | e->bytes[at + (e->big ? i : count - 1 - i)];
    return value;
}

int orientation_of_exif(const unsigned char *exif, size_t size)
{
    if (size < 8 || (memcmp(exif, "II", 2) != 0 && memcmp(exif, "MM", 2) != 0)) return 1;
    exif_data e = {exif, size, exif[0] == 'M'};
    size_t directory = number_at(&e, 4, 4);
    size_t entries = number_at(&e, directory, 2);
    for (size_t i = 0; i < entries; i++) {
        size_t at = directory + 2 + i * ENTRY_BYTES;
        if (at >= size) break;
        if (number_at(&e, at, 2) != TAG_ORIENTATION || number_at(&e, at + 2, 2) != TYPE_SHORT)
            continue;
        uint32_t value = number_at(&e, at + 8, 2);
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

bool orientation_swaps(int orientation)
{
    return orientation >= 5;
}

void orientation_turn(int orientation, int height, int width, size_t pixel_size, const void *from,
                      void *to)
{
    // 5 to 8 are the mirrored diagonal of 1, 4, 2 and 3: seen from the result, rows are columns.
    static const bool bottom_first[] = {0, 0, 0, 1, 1, 0, 1, 1, 0};
    static const bool right_first[] = {0, 0, 1, 1, 0, 0, 0, 1, 1};
    bool swaps = orientation_swaps(orientation);
    int out_height = swaps ? width : height, out_width = swaps ? height : width;
    unsigned char *out = to;
    for (int y = 0; y < out_height; y++)
        for (int x = 0; x < out_width; x++, out += pixel_size) {
            int row = swaps ? x : y, column = swaps ? y : x;
            if (bottom_first[orientation]) row = height - 1 - row;
            if (right_first[orientation]) column = width - 1 - column;
            const unsigned char *in = from;
            in += ((size_t)row * (size_t)width + (size_t)column) * pixel_size;
            memcpy(out, in, pixel_size);
        }
}
