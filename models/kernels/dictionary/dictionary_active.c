// models/kernels/dictionary/dictionary_active.c -- a dictionary on listed codes, row by row of
// their atoms.
#include "models/kernels/dictionary/dictionary_layout.h"
#include "models/kernels/fold.h"

// Bit i is set where float i of LANES is not 0.
static uint32_t nonzero_bits(const float *x)
{
    static const int32_t bits[LANES] = {1,       1 << 1,  1 << 2,  1 << 3, 1 << 4,  1 << 5,
                                        1 << 6,  1 << 7,  1 << 8,  1 << 9, 1 << 10, 1 << 11,
                                        1 << 12, 1 << 13, 1 << 14, 1 << 15};
    vector_mask set = {0};
    for (size_t i = 0; i < LANES; i += VECTOR) {
        vector values;
        vector_mask bit;
        memcpy(&values, x + i, sizeof values);
        memcpy(&bit, bits + i, sizeof bit);
        set |= (values != 0) & bit;
    }
    four_whole quarter;
    FOLD(set, eight_whole, quarter, |);
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

// operation(..., floats of a row) with a number the compiler knows for rows of up to 2 LANES: 9 x 9
// atoms of one and of three channels.
#define WITH_ROW(l, operation, ...)                                                                \
    do {                                                                                           \
        if ((l)->row_floats == LANES)                                                              \
            operation(__VA_ARGS__, LANES);                                                         \
        else if ((l)->row_floats == (size_t)2 * LANES)                                             \
            operation(__VA_ARGS__, (size_t)2 * LANES);                                             \
        else                                                                                       \
            operation(__VA_ARGS__, (l)->row_floats);                                               \
    } while (0)

// image under each listed code += code * atom. The zeros behind a row of an atom leave the floats
// they meet as they are.
ALWAYS_INLINE void lay_atoms(const dictionary_layout *l, const float *rows, const float *code,
                             const active_code *list, size_t count, float *image, size_t row_floats)
{
    for (size_t n = 0; n < count; n++) {
        float z = code[list[n].at];
        float *to = image + list[n].corner;
        const float *from = rows + (size_t)list[n].atom * l->rows * row_floats;
        for (size_t u = 0; u < l->rows; u++, to += l->image_row)
            for (size_t i = 0; i < row_floats; i += VECTOR, from += VECTOR) {
                vector there, row;
                memcpy(&there, to + i, sizeof there);
                memcpy(&row, from, sizeof row);
                there += z * row;
                memcpy(to + i, &there, sizeof there);
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

// code listed = the inner product of its atom and the image under it. What the image holds beyond
// a row of the atom is taken as 0, whatever it is.
ALWAYS_INLINE void match_atoms(const dictionary_layout *l, const float *rows, const float *image,
                               const active_code *list, size_t count, float *code,
                               size_t row_floats)
{
    vector_mask inside[LANES / VECTOR]; // of the last LANES of a row
    for (size_t i = 0, left = l->row - (row_floats - LANES); i < LANES; i += VECTOR)
        vector_mask_first(&inside[i / VECTOR], left > i ? left - i : 0);
    for (size_t n = 0; n < count; n++) {
        const float *under = image + list[n].corner;
        const float *from = rows + (size_t)list[n].atom * l->rows * row_floats;
        vector sum = {0};
        for (size_t u = 0; u < l->rows; u++, under += l->image_row)
            for (size_t i = 0; i < row_floats; i += VECTOR, from += VECTOR) {
                vector there, row;
                memcpy(&there, under + i, sizeof there);
                memcpy(&row, from, sizeof row);
                if (i + LANES >= row_floats)
                    there = VECTOR_WHERE(inside[(i + LANES - row_floats) / VECTOR], there);
                sum += there * row;
            }
        code[list[n].at] = sum_of_lanes(&sum);
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
                               const active_code *list, size_t count, float *sums,
                               size_t row_floats)
{
    for (size_t n = 0; n < count; n++) {
        float z = code[list[n].at];
        const float *under = image + list[n].corner;
        float *to = sums + (size_t)list[n].atom * l->rows * row_floats;
        for (size_t u = 0; u < l->rows; u++, under += l->image_row)
            for (size_t i = 0; i < row_floats; i += VECTOR, to += VECTOR) {
                vector there, sum;
                memcpy(&there, under + i, sizeof there);
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
