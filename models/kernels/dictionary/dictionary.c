// models/kernels/dictionary/dictionary.c -- sizes and layouts of a dictionary.
#include "models/kernels/dictionary/dictionary_layout.h"

#include <string.h>

static size_t round_up(size_t n)
{
    return (n + LANES - 1) / LANES * LANES;
}

dictionary_layout dictionary_layout_of(const dictionary_geometry *g)
{
    dictionary_layout l = {.atoms = (size_t)g->atoms,
                           .lanes_of_code = round_up((size_t)g->atoms),
                           .kernel = (size_t)g->kernel,
                           .channels = (size_t)g->channels,
                           .code_rows = (size_t)(g->height - g->kernel + 1),
                           .code_columns = (size_t)(g->width - g->kernel + 1),
                           .image_row = (size_t)g->width * (size_t)g->channels};
    l.taps = l.kernel * l.kernel * l.channels;
    l.tap_floats = round_up(l.taps);
    l.rows = g->width > g->kernel ? l.kernel : 1;
    l.row = l.taps / l.rows;
    l.row_floats = round_up(l.row);
    l.by_atom = l.by_tap + l.taps * l.lanes_of_code;
    l.by_row = l.by_atom + l.atoms * l.tap_floats;
    l.packed = l.by_row + l.atoms * l.rows * l.row_floats;
    l.row_sums = l.taps * l.lanes_of_code;
    l.sums = l.row_sums + l.atoms * l.rows * l.row_floats;
    return l;
}

int dictionary_lanes(const dictionary_geometry *g)
{
    return (int)round_up((size_t)g->atoms);
}

size_t dictionary_positions(const dictionary_geometry *g)
{
    return (size_t)(g->height - g->kernel + 1) * (size_t)(g->width - g->kernel + 1);
}

size_t dictionary_code_floats(const dictionary_geometry *g)
{
    return dictionary_positions(g) * (size_t)dictionary_lanes(g);
}

size_t dictionary_image_floats(const dictionary_geometry *g)
{
    return (size_t)g->height * (size_t)g->width * (size_t)g->channels + LANES;
}

size_t dictionary_packed_floats(const dictionary_geometry *g)
{
    return dictionary_layout_of(g).packed;
}

size_t dictionary_sum_floats(const dictionary_geometry *g)
{
    return dictionary_layout_of(g).sums;
}

// The place of a tap of atom a by row.
static size_t place_by_row(const dictionary_layout *l, size_t a, size_t tap)
{
    return (a * l->rows + tap / l->row) * l->row_floats + tap % l->row;
}

// One atom (C, k, k) into its places in the three layouts.
static void pack_atom(const dictionary_layout *l, const float *atom, size_t a, float *packed)
{
    size_t square = l->kernel * l->kernel;
    for (size_t at = 0; at < square; at++)
        for (size_t c = 0; c < l->channels; c++) {
            size_t tap = at * l->channels + c;
            float value = atom[c * square + at];
            packed[l->by_tap + tap * l->lanes_of_code + a] = value;
            packed[l->by_atom + a * l->tap_floats + tap] = value;
            packed[l->by_row + place_by_row(l, a, tap)] = value;
        }
}

void dictionary_pack(const dictionary_geometry *g, const float *atoms, float *packed)
{
    dictionary_layout l = dictionary_layout_of(g);
    memset(packed, 0, l.packed * sizeof *packed);
    for (size_t a = 0; a < l.atoms; a++)
        pack_atom(&l, atoms + a * l.taps, a, packed);
}

// The sums of one atom, from both layouts, into its gradient (C, k, k).
static void add_sums_of_atom(const dictionary_layout *l, const float *sums, size_t a, float scale,
                             float *gradient)
{
    size_t square = l->kernel * l->kernel;
    for (size_t at = 0; at < square; at++)
        for (size_t c = 0; c < l->channels; c++) {
            size_t tap = at * l->channels + c;
            float sum =
                sums[tap * l->lanes_of_code + a] + sums[l->row_sums + place_by_row(l, a, tap)];
            gradient[c * square + at] += scale * sum;
        }
}

void dictionary_add_sums(const dictionary_geometry *g, const float *sums, float scale,
                         float *gradient)
{
    dictionary_layout l = dictionary_layout_of(g);
    for (size_t a = 0; a < l.atoms; a++)
        add_sums_of_atom(&l, sums, a, scale, gradient + a * l.taps);
}
