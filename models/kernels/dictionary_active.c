// models/kernels/dictionary_active.c -- a dictionary on listed codes, row by row of their atoms.
#include "models/kernels/dictionary_layout.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// operation(..., vectors of a row) with a number the compiler knows where it is 1 or 2: 9 x 9
// atoms of one and of three channels.
#define WITH_ROW(l, operation, ...)                                                                \
    do {                                                                                           \
        if ((l)->row_floats == LANES)                                                              \
            operation(__VA_ARGS__, 1);                                                             \
        else if ((l)->row_floats == 2 * LANES)                                                     \
            operation(__VA_ARGS__, 2);                                                             \
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
        const float *from = rows + (size_t)list[i].atom * l->kernel * vectors * LANES;
        for (size_t u = 0; u < l->kernel; u++, to += l->image_row)
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
static float sum_of_lanes(const lanes *x)
{
    float half[LANES];
    memcpy(half, x, sizeof half);
    for (size_t n = LANES / 2; n > 0; n /= 2)
        for (size_t i = 0; i < n; i++)
            half[i] += half[i + n];
    return half[0];
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
        const float *from = rows + (size_t)list[i].atom * l->kernel * vectors * LANES;
        lanes sum = {0};
        for (size_t u = 0; u < l->kernel; u++, under += l->image_row)
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
        float *to = sums + (size_t)list[i].atom * l->kernel * vectors * LANES;
        for (size_t u = 0; u < l->kernel; u++, under += l->image_row)
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
