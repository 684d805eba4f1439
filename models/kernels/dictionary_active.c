// models/kernels/dictionary_active.c -- a dictionary on listed codes, row by row of their atoms.
#include "models/kernels/dictionary_layout.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// Bit i is set where float i is not 0.
static uint32_t nonzero_bits(const float *x)
{
    static const lane_mask bits = {1,       1 << 1,  1 << 2,  1 << 3, 1 << 4,  1 << 5,
                                   1 << 6,  1 << 7,  1 << 8,  1 << 9, 1 << 10, 1 << 11,
                                   1 << 12, 1 << 13, 1 << 14, 1 << 15};
    typedef int32_t eight __attribute__((vector_size(8 * sizeof(int32_t))));
    typedef int32_t four __attribute__((vector_size(4 * sizeof(int32_t))));
    lanes values;
    memcpy(&values, x, sizeof values);
    lane_mask set = (values != 0) & bits;
    eight half = __builtin_shufflevector(set, set, 0, 1, 2, 3, 4, 5, 6, 7) |
                 __builtin_shufflevector(set, set, 8, 9, 10, 11, 12, 13, 14, 15);
    four quarter = __builtin_shufflevector(half, half, 0, 1, 2, 3) |
                   __builtin_shufflevector(half, half, 4, 5, 6, 7);
    return (uint32_t)(quarter[0] | quarter[1] | quarter[2] | quarter[3]);
}

size_t dictionary_list_nonzero(const dictionary_geometry *g, const float *code, active_code *list)
{
    dictionary_layout l = dictionary_layout_of(g);
    size_t count = 0, at = 0;
    for (size_t y = 0; y < l.code_rows; y++)
        for (size_t x = 0; x < l.code_columns; x++)
            for (size_t a = 0; a < l.lanes_of_code; a += LANES, at += LANES)
                for (uint32_t bits = nonzero_bits(code + at); bits != 0; bits &= bits - 1) {
                    int32_t lane = __builtin_ctz(bits);
                    list[count++] =
                        (active_code){.at = (int32_t)at + lane,
                                      .corner = (int32_t)(y * l.image_row + x * l.channels),
                                      .atom = (int32_t)a + lane};
                }
    return count;
}

// operation(..., vectors of a row) with a number the compiler knows where it is 1 or 2: 9 x 9
// atoms of one and of three channels.
#define WITH_ROW(l, operation, ...)                                                                \
    do {                                                                                           \
        if ((l)->row_floats == LANES)                                                              \
            operation(__VA_ARGS__, (size_t)1);                                                     \
        else if ((l)->row_floats == (size_t)2 * LANES)                                             \
            operation(__VA_ARGS__, (size_t)2);                                                     \
        else                                                                                       \
            operation(__VA_ARGS__, (l)->row_floats / LANES);                                       \
    } while (0)

// image under each listed code += code * atom. The zeros behind a row of an atom leave the floats
// they meet as they are.
ALWAYS_INLINE void lay_atoms(const dictionary_layout *l, const float *rows, const float *code,
                             const active_code *list, size_t count, float *image, size_t vectors)
{
    for (size_t i = 0; i < count; i++) {
        float z = code[list[i].at];
        float *to = image + list[i].corner;
        const float *from = rows + (size_t)list[i].atom * l->rows * vectors * LANES;
        for (size_t u = 0; u < l->rows; u++, to += l->image_row)
            for (size_t v = 0; v < vectors; v++, from += LANES) {
                lanes there, row;
                memcpy(&there, to + v * LANES, sizeof there);
                memcpy(&row, from, sizeof row);
                there += z * row;
                memcpy(to + v * LANES, &there, sizeof there);
            }
    }
}

void dictionary_synthesise_active(const dictionary_geometry *g, const float *packed,
                                  const float *code, const active_code *list, size_t count,
                                  float *image)
{
    dictionary_layout l = dictionary_layout_of(g);
    memset(image, 0, dictionary_image_floats(g) * sizeof *image);
    WITH_ROW(&l, lay_atoms, &l, packed + l.by_row, code, list, count, image);
}

// The sum of the lanes, by halves.
ALWAYS_INLINE float sum_of_lanes(const lanes *x)
{
    typedef float eight __attribute__((vector_size(8 * sizeof(float))));
    typedef float four __attribute__((vector_size(4 * sizeof(float))));
    eight half = __builtin_shufflevector(*x, *x, 0, 1, 2, 3, 4, 5, 6, 7) +
                 __builtin_shufflevector(*x, *x, 8, 9, 10, 11, 12, 13, 14, 15);
    four quarter = __builtin_shufflevector(half, half, 0, 1, 2, 3) +
                   __builtin_shufflevector(half, half, 4, 5, 6, 7);
    return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

// code listed = the inner product of its atom and the image under it. What the image holds beyond
// a row of the atom is taken as 0, whatever it is.
ALWAYS_INLINE void match_atoms(const dictionary_layout *l, const float *rows, const float *image,
                               const active_code *list, size_t count, float *code, size_t vectors)
{
    static const int32_t places[LANES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    lane_mask inside;
    memcpy(&inside, places, sizeof inside);
    inside = inside < (int32_t)(l->row - (vectors - 1) * LANES);
    for (size_t i = 0; i < count; i++) {
        const float *under = image + list[i].corner;
        const float *from = rows + (size_t)list[i].atom * l->rows * vectors * LANES;
        lanes sum = {0};
        for (size_t u = 0; u < l->rows; u++, under += l->image_row)
            for (size_t v = 0; v < vectors; v++, from += LANES) {
                lanes there, row;
                memcpy(&there, under + v * LANES, sizeof there);
                memcpy(&row, from, sizeof row);
                if (v == vectors - 1) there = LANES_WHERE(inside, there);
                sum += there * row;
            }
        code[list[i].at] = sum_of_lanes(&sum);
    }
}

void dictionary_analyse_active(const dictionary_geometry *g, const float *packed,
                               const float *image, const active_code *list, size_t count,
                               float *code)
{
    dictionary_layout l = dictionary_layout_of(g);
    WITH_ROW(&l, match_atoms, &l, packed + l.by_row, image, list, count, code);
}

// sums of each listed atom += code * the image under it
ALWAYS_INLINE void add_patches(const dictionary_layout *l, const float *image, const float *code,
                               const active_code *list, size_t count, float *sums, size_t vectors)
{
    for (size_t i = 0; i < count; i++) {
        float z = code[list[i].at];
        const float *under = image + list[i].corner;
        float *to = sums + (size_t)list[i].atom * l->rows * vectors * LANES;
        for (size_t u = 0; u < l->rows; u++, under += l->image_row)
            for (size_t v = 0; v < vectors; v++, to += LANES) {
                lanes there, sum;
                memcpy(&there, under + v * LANES, sizeof there);
                memcpy(&sum, to, sizeof sum);
                sum += z * there;
                memcpy(to, &sum, sizeof sum);
            }
    }
}

void dictionary_correlate_active(const dictionary_layout *l, const float *image, const float *code,
                                 const active_code *list, size_t count, float *row_sums)
{
    WITH_ROW(l, add_patches, l, image, code, list, count, row_sums);
}
