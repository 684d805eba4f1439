// models/kernels/dictionary.c -- sizes and layouts of a dictionary, and the list of its codes.
#include "models/kernels/dictionary_layout.h"

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
    l.row = l.kernel * l.channels;
    l.row_floats = round_up(l.row);
    l.taps = l.kernel * l.row;
    l.tap_floats = round_up(l.taps);
    l.by_atom = l.by_tap + l.taps * l.lanes_of_code;
    l.by_row = l.by_atom + l.atoms * l.tap_floats;
    l.packed = l.by_row + l.atoms * l.kernel * l.row_floats;
    l.row_sums = l.taps * l.lanes_of_code;
    l.sums = l.row_sums + l.atoms * l.kernel * l.row_floats;
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

// One atom (C, k, k) into its places in the three layouts.
static void pack_atom(const dictionary_layout *l, const float *atom, size_t a, float *packed)
{
    for (size_t u = 0; u < l->kernel; u++)
        for (size_t v = 0; v < l->kernel; v++)
            for (size_t c = 0; c < l->channels; c++) {
                float value = atom[(c * l->kernel + u) * l->kernel + v];
                size_t place = v * l->channels + c, tap = u * l->row + place;
                packed[l->by_tap + tap * l->lanes_of_code + a] = value;
                packed[l->by_atom + a * l->tap_floats + tap] = value;
                packed[l->by_row + (a * l->kernel + u) * l->row_floats + place] = value;
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
    for (size_t u = 0; u < l->kernel; u++)
        for (size_t v = 0; v < l->kernel; v++)
            for (size_t c = 0; c < l->channels; c++) {
                size_t place = v * l->channels + c, tap = u * l->row + place;
                float sum = sums[tap * l->lanes_of_code + a] +
                            sums[l->row_sums + (a * l->kernel + u) * l->row_floats + place];
                gradient[(c * l->kernel + u) * l->kernel + v] += scale * sum;
            }
}

void dictionary_add_sums(const dictionary_geometry *g, const float *sums, float scale,
                         float *gradient)
{
    dictionary_layout l = dictionary_layout_of(g);
    for (size_t a = 0; a < l.atoms; a++)
        add_sums_of_atom(&l, sums, a, scale, gradient + a * l.taps);
}

size_t dictionary_list_nonzero(const dictionary_geometry *g, const float *code, active_code *list)
{
    dictionary_layout l = dictionary_layout_of(g);
    size_t count = 0;
    for (size_t y = 0; y < l.code_rows; y++)
        for (size_t x = 0; x < l.code_columns; x++)
            for (size_t a = 0; a < l.atoms; a++) {
                size_t at = (y * l.code_columns + x) * l.lanes_of_code + a;
                size_t corner = y * l.image_row + x * l.channels;
                if (code[at] != 0)
                    list[count++] = (active_code){(int32_t)at, (int32_t)corner, (int32_t)a};
            }
    return count;
}
