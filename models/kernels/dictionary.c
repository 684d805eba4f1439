// models/kernels/dictionary.c -- layouts of a dictionary, and its operations as plain loops.
//
// packed  by lane:  (k, k, C, Kp), for vectors over atoms
//         by atom:  (K, k, R), rows of k * C floats padded with zeros to R, a multiple of LANES
// sums    by atom
#include "models/kernels/dictionary.h"

#include "models/kernels/lanes.h"

#include <string.h>

static size_t round_up(size_t n)
{
    return (n + LANES - 1) / LANES * LANES;
}

int dictionary_lanes(const dictionary_geometry *g)
{
    return (int)round_up((size_t)g->atoms);
}

static size_t code_height(const dictionary_geometry *g)
{
    return (size_t)(g->height - g->kernel + 1);
}

static size_t code_width(const dictionary_geometry *g)
{
    return (size_t)(g->width - g->kernel + 1);
}

size_t dictionary_positions(const dictionary_geometry *g)
{
    return code_height(g) * code_width(g);
}

size_t dictionary_code_floats(const dictionary_geometry *g)
{
    return dictionary_positions(g) * (size_t)dictionary_lanes(g);
}

size_t dictionary_image_floats(const dictionary_geometry *g)
{
    return (size_t)g->height * (size_t)g->width * (size_t)g->channels + LANES;
}

// R: floats of one row of one atom.
static size_t row_floats(const dictionary_geometry *g)
{
    return round_up((size_t)g->kernel * (size_t)g->channels);
}

static size_t by_lane_floats(const dictionary_geometry *g)
{
    return (size_t)g->kernel * (size_t)g->kernel * (size_t)g->channels *
           (size_t)dictionary_lanes(g);
}

size_t dictionary_sum_floats(const dictionary_geometry *g)
{
    return (size_t)g->atoms * (size_t)g->kernel * row_floats(g);
}

size_t dictionary_packed_floats(const dictionary_geometry *g)
{
    return by_lane_floats(g) + dictionary_sum_floats(g);
}

// Index in (K, C, k, k) of tap (u, v) of channel c of atom a.
static size_t tap(const dictionary_geometry *g, size_t a, size_t c, size_t u, size_t v)
{
    size_t k = (size_t)g->kernel;
    return ((a * (size_t)g->channels + c) * k + u) * k + v;
}

void dictionary_pack(const dictionary_geometry *g, const float *atoms, float *packed)
{
    size_t k = (size_t)g->kernel, channels = (size_t)g->channels;
    size_t lanes_of_code = (size_t)dictionary_lanes(g);
    memset(packed, 0, dictionary_packed_floats(g) * sizeof *packed);
    float *rows = packed + by_lane_floats(g);
    for (size_t a = 0; a < (size_t)g->atoms; a++)
        for (size_t u = 0; u < k; u++)
            for (size_t v = 0; v < k; v++)
                for (size_t c = 0; c < channels; c++) {
                    float value = atoms[tap(g, a, c, u, v)];
                    packed[((u * k + v) * channels + c) * lanes_of_code + a] = value;
                    rows[(a * k + u) * row_floats(g) + v * channels + c] = value;
                }
}

void dictionary_add_sums(const dictionary_geometry *g, const float *sums, float scale,
                         float *gradient)
{
    size_t k = (size_t)g->kernel, channels = (size_t)g->channels;
    for (size_t a = 0; a < (size_t)g->atoms; a++)
        for (size_t u = 0; u < k; u++)
            for (size_t v = 0; v < k; v++)
                for (size_t c = 0; c < channels; c++)
                    gradient[tap(g, a, c, u, v)] +=
                        scale * sums[(a * k + u) * row_floats(g) + v * channels + c];
}

size_t dictionary_list_nonzero(const dictionary_geometry *g, const float *code, active_code *list)
{
    size_t lanes_of_code = (size_t)dictionary_lanes(g), count = 0;
    for (size_t y = 0; y < code_height(g); y++)
        for (size_t x = 0; x < code_width(g); x++)
            for (size_t a = 0; a < (size_t)g->atoms; a++) {
                size_t at = (y * code_width(g) + x) * lanes_of_code + a;
                size_t corner = (y * (size_t)g->width + x) * (size_t)g->channels;
                if (code[at] != 0)
                    list[count++] = (active_code){(int32_t)at, (int32_t)corner, (int32_t)a};
            }
    return count;
}

// image[corner ...] += z * atom a
static void lay_atom(const dictionary_geometry *g, const float *rows, size_t a, float z,
                     float *image)
{
    size_t k = (size_t)g->kernel, stride = (size_t)g->width * (size_t)g->channels;
    for (size_t u = 0; u < k; u++)
        for (size_t i = 0; i < k * (size_t)g->channels; i++)
            image[u * stride + i] += z * rows[(a * k + u) * row_floats(g) + i];
}

// The inner product of atom a and the image under it.
static float match_atom(const dictionary_geometry *g, const float *rows, size_t a,
                        const float *image)
{
    size_t k = (size_t)g->kernel, stride = (size_t)g->width * (size_t)g->channels;
    double sum = 0;
    for (size_t u = 0; u < k; u++)
        for (size_t i = 0; i < k * (size_t)g->channels; i++)
            sum += (double)rows[(a * k + u) * row_floats(g) + i] * (double)image[u * stride + i];
    return (float)sum;
}

void dictionary_synthesise_active(const dictionary_geometry *g, const float *packed,
                                  const float *code, const active_code *list, size_t count,
                                  float *image)
{
    memset(image, 0, dictionary_image_floats(g) * sizeof *image);
    for (size_t i = 0; i < count; i++)
        lay_atom(g, packed + by_lane_floats(g), (size_t)list[i].atom, code[list[i].at],
                 image + list[i].corner);
}

void dictionary_analyse_active(const dictionary_geometry *g, const float *packed,
                               const float *image, const active_code *list, size_t count,
                               float *code)
{
    for (size_t i = 0; i < count; i++)
        code[list[i].at] =
            match_atom(g, packed + by_lane_floats(g), (size_t)list[i].atom, image + list[i].corner);
}

void dictionary_synthesise(const dictionary_geometry *g, const float *packed, const float *code,
                           float *image)
{
    memset(image, 0, dictionary_image_floats(g) * sizeof *image);
    for (size_t y = 0; y < code_height(g); y++)
        for (size_t x = 0; x < code_width(g); x++)
            for (size_t a = 0; a < (size_t)g->atoms; a++)
                lay_atom(g, packed + by_lane_floats(g), a,
                         code[(y * code_width(g) + x) * (size_t)dictionary_lanes(g) + a],
                         image + (y * (size_t)g->width + x) * (size_t)g->channels);
}

void dictionary_analyse(const dictionary_geometry *g, const float *packed, const float *image,
                        float *code)
{
    memset(code, 0, dictionary_code_floats(g) * sizeof *code);
    for (size_t y = 0; y < code_height(g); y++)
        for (size_t x = 0; x < code_width(g); x++)
            for (size_t a = 0; a < (size_t)g->atoms; a++)
                code[(y * code_width(g) + x) * (size_t)dictionary_lanes(g) + a] =
                    match_atom(g, packed + by_lane_floats(g), a,
                               image + (y * (size_t)g->width + x) * (size_t)g->channels);
}

// sums of atom a += z * the image under it
static void add_patch(const dictionary_geometry *g, size_t a, float z, const float *image,
                      float *sums)
{
    size_t k = (size_t)g->kernel, stride = (size_t)g->width * (size_t)g->channels;
    for (size_t u = 0; u < k; u++)
        for (size_t i = 0; i < k * (size_t)g->channels; i++)
            sums[(a * k + u) * row_floats(g) + i] += z * image[u * stride + i];
}

void dictionary_correlate(const dictionary_geometry *g, const float *image, const float *code,
                          const active_code *list, size_t count, float *sums)
{
    for (size_t i = 0; list != NULL && i < count; i++)
        add_patch(g, (size_t)list[i].atom, code[list[i].at], image + list[i].corner, sums);
    if (list != NULL) return;
    for (size_t y = 0; y < code_height(g); y++)
        for (size_t x = 0; x < code_width(g); x++)
            for (size_t a = 0; a < (size_t)g->atoms; a++)
                add_patch(g, a, code[(y * code_width(g) + x) * (size_t)dictionary_lanes(g) + a],
                          image + (y * (size_t)g->width + x) * (size_t)g->channels, sums);
}
