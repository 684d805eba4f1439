// models/kernels/dictionary/dictionary_bound.c -- one transform of k x k taps and one Hermitian
// matrix at a time: for each column frequency the k rows, then for each row frequency the spectrum.
//
// A pair is an atom and a channel; the larger of K and C is the slow index of pairs, so that the
// Hermitian matrix has the side of the smaller. Complex arrays are split: real parts, then
// imaginary parts. Taps are real, so half the column frequencies tell of all.
#include "models/kernels/dictionary/dictionary_bound.h"

#include "models/kernels/singular_values.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// OpenBLAS holds LAPACK, but its headers need not declare it. Complex numbers are pairs of floats;
// the last arguments are the lengths of jobz and uplo, which Fortran passes.
// NOLINTNEXTLINE(readability-function-size): the parameters are those of LAPACK
void cheev_(const char *jobz, const char *uplo, const int *n, float *a, const int *lda, float *w,
            float *work, const int *lwork, float *rwork, int *info, size_t jobz_length,
            size_t uplo_length);

typedef struct bounding {
    size_t kernel, more, side; // k, and K and C as the larger and the smaller
    float *taps;               // (k, k, more, side)
    float *rows;               // (k, 2, more, side), transformed along the row
    float *spectrum;           // (2, more, side), at one frequency
    float *matrix;             // (2, side, side), its Hermitian product
    float *interleaved;        // (side, side, 2), as LAPACK wants it
    float *values, *work;      // (side), and LAPACK's own
    int work_size, info;
} bounding;

static const double two_pi = 6.283185307179586477;

static size_t pairs(const bounding *b)
{
    return b->more * b->side;
}

// to (2, pairs) += from (parts, pairs) * e^(-2 pi i turns), where `from` is real or complex.
static void add_turned(const float *from, bool is_complex, double turns, size_t count, float *to)
{
    float c = (float)cos(two_pi * turns), s = (float)-sin(two_pi * turns);
    const float *imaginary = from + count;
    for (size_t n = 0; n < count; n++) {
        to[n] += c * from[n];
        to[count + n] += s * from[n];
    }
    for (size_t n = 0; is_complex && n < count; n++) {
        to[n] -= s * imaginary[n];
        to[count + n] += c * imaginary[n];
    }
}

// place * frequency / size without its whole turns, so that the angle is small and exact.
static double turns_of(size_t place, size_t frequency, size_t size)
{
    return (double)(place * frequency % size) / (double)size;
}

// matrix = the sum over the larger index of conj(x_i) x_j.
static void multiply_spectrum(bounding *b)
{
    size_t side = b->side;
    const float *re = b->spectrum, *im = b->spectrum + pairs(b);
    memset(b->matrix, 0, 2 * side * side * sizeof *b->matrix);
    for (size_t n = 0; n < b->more; n++, re += side, im += side)
        for (size_t i = 0; i < side; i++) {
            float *to = b->matrix + i * side, *to_imaginary = to + side * side;
            for (size_t j = 0; j < side; j++) {
                to[j] += re[i] * re[j] + im[i] * im[j];
                to_imaginary[j] += re[i] * im[j] - im[i] * re[j];
            }
        }
}

// The largest eigenvalue of the matrix; sets b->info if LAPACK fails.
static double largest_eigenvalue(bounding *b)
{
    size_t count = b->side * b->side;
    if (b->side == 1) return (double)b->matrix[0];
    for (size_t i = 0; i < count; i++) {
        b->interleaved[2 * i] = b->matrix[i];
        b->interleaved[2 * i + 1] = b->matrix[count + i];
    }
    int side = (int)b->side, info = 0;
    float *real_work = b->work + 2 * (size_t)b->work_size;
    cheev_("N", "U", &side, b->interleaved, &side, b->values, b->work, &b->work_size, real_work,
           &info, 1, 1);
    if (info != 0) b->info = info;
    return (double)b->values[side - 1];
}

// The largest eigenvalue over all frequencies of a (height, width) grid.
static double over_frequencies(bounding *b, size_t height, size_t width)
{
    size_t k = b->kernel, count = pairs(b);
    double largest = 0;
    for (size_t column = 0; column <= width / 2; column++) {
        memset(b->rows, 0, 2 * k * count * sizeof *b->rows);
        for (size_t u = 0; u < k; u++)
            for (size_t v = 0; v < k; v++)
                add_turned(b->taps + (u * k + v) * count, false, turns_of(v, column, width), count,
                           b->rows + 2 * u * count);
        for (size_t row = 0; row < height; row++) {
            memset(b->spectrum, 0, 2 * count * sizeof *b->spectrum);
            for (size_t u = 0; u < k; u++)
                add_turned(b->rows + 2 * u * count, true, turns_of(u, row, height), count,
                           b->spectrum);
            multiply_spectrum(b);
            double value = largest_eigenvalue(b);
            if (value > largest) largest = value;
        }
    }
    return largest;
}

static bounding describe(const dictionary_geometry *g)
{
    bool atoms_are_more = g->atoms >= g->channels;
    return (bounding){.kernel = (size_t)g->kernel,
                      .more = (size_t)(atoms_are_more ? g->atoms : g->channels),
                      .side = (size_t)(atoms_are_more ? g->channels : g->atoms)};
}

// Gives each array its part of the memory, if there is any; returns the floats of all.
static size_t place_arrays(bounding *b, float *memory)
{
    size_t k = b->kernel, count = pairs(b), square = b->side * b->side;
    // LAPACK asks for 2 side - 1 complex numbers and 3 side - 2 real ones; more of the first is
    // faster.
    size_t work = 33 * b->side;
    size_t sizes[] = {k * k * count, 2 * k * count,         2 * count, 2 * square, 2 * square,
                      b->side,       2 * work + 3 * b->side};
    float **const arrays[] = {&b->taps,        &b->rows,   &b->spectrum, &b->matrix,
                              &b->interleaved, &b->values, &b->work};
    size_t total = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (memory != NULL) *arrays[i] = memory + total;
        total += sizes[i];
    }
    b->work_size = (int)work;
    return total;
}

// atoms (K, C, k, k) to taps (k, k, pairs)
static void place_taps(const dictionary_geometry *g, const float *atoms, bounding *b)
{
    size_t square = b->kernel * b->kernel, channels = (size_t)g->channels;
    bool atoms_are_more = g->atoms >= g->channels;
    for (size_t a = 0; a < (size_t)g->atoms; a++)
        for (size_t c = 0; c < channels; c++)
            for (size_t t = 0; t < square; t++) {
                size_t pair = atoms_are_more ? a * b->side + c : c * b->side + a;
                b->taps[t * pairs(b) + pair] = atoms[(a * channels + c) * square + t];
            }
}

static status bound_of_images(const dictionary_geometry *g, const float *atoms, void *scratch,
                              double *bound)
{
    bounding b = describe(g);
    (void)place_arrays(&b, scratch);
    place_taps(g, atoms, &b);
    *bound = over_frequencies(&b, (size_t)g->height, (size_t)g->width);
    CHECK(b.info == 0, ST_INTERNAL, "no step size for %d atoms: LAPACK says %d", g->atoms, b.info);
    return ST_OK;
}

static int taps_of(const dictionary_geometry *g)
{
    return g->channels * g->kernel * g->kernel;
}

// Floats before LAPACK's part of the scratch: the matrix and its singular values, in units that
// keep what is behind them aligned.
static size_t patch_floats(const dictionary_geometry *g)
{
    size_t atoms = (size_t)g->atoms, taps = (size_t)taps_of(g);
    size_t used = atoms * taps + (atoms < taps ? atoms : taps);
    return (used + 15) / 16 * 16;
}

static status bound_of_patches(const dictionary_geometry *g, const float *atoms, void *scratch,
                               double *bound)
{
    size_t count = (size_t)g->atoms * (size_t)taps_of(g);
    float *matrix = scratch, *values = matrix + count;
    memcpy(matrix, atoms, count * sizeof *matrix);
    TRY(singular_values_in(matrix, g->atoms, taps_of(g), values, matrix + patch_floats(g)));
    *bound = (double)values[0] * (double)values[0];
    return ST_OK;
}

size_t dictionary_bound_scratch(const dictionary_geometry *g)
{
    if (dictionary_positions(g) == 1)
        return patch_floats(g) * sizeof(float) + singular_values_scratch(g->atoms, taps_of(g));
    bounding b = describe(g);
    return place_arrays(&b, NULL) * sizeof(float);
}

status dictionary_bound_in(const dictionary_geometry *g, const float *atoms, void *scratch,
                           double *bound)
{
    size_t count = (size_t)g->atoms * (size_t)taps_of(g);
    for (size_t i = 0; i < count; i++)
        CHECK(isfinite(atoms[i]), ST_DIVERGED,
              "a weight of the dictionary is %g; a smaller "
              "learning rate may help",
              (double)atoms[i]);
    if (dictionary_positions(g) == 1)
        TRY(bound_of_patches(g, atoms, scratch, bound));
    else
        TRY(bound_of_images(g, atoms, scratch, bound));
    *bound *= 1 + 1e-5;
    return ST_OK;
}

status dictionary_bound(const dictionary_geometry *g, const float *atoms, double *bound)
{
    void *scratch = malloc(dictionary_bound_scratch(g));
    CHECK(scratch != NULL, ST_INTERNAL, "no memory for the step size of %d atoms of %d taps",
          g->atoms, taps_of(g));
    status s = dictionary_bound_in(g, atoms, scratch, bound);
    free(scratch);
    return s;
}
