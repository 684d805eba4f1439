// models/kernels/dictionary/dictionary_reference.c -- the formulas of dictionary.h, one loop for
// each index.
#include "models/kernels/dictionary/dictionary_reference.h"

#include <stdbool.h>
#include <string.h>

// Index in (K, C, k, k) of tap (u, v) of channel c of atom a.
static int tap_index(const dictionary_geometry *g, int a, int c, int u, int v)
{
    return ((a * g->channels + c) * g->kernel + u) * g->kernel + v;
}

static int code_index(const dictionary_geometry *g, int y, int x, int a)
{
    return (y * (g->width - g->kernel + 1) + x) * dictionary_lanes(g) + a;
}

static int pixel_index(const dictionary_geometry *g, int y, int x, int c)
{
    return (y * g->width + x) * g->channels + c;
}

// Does pixel (y, x) minus tap (u, v) have a code?
static bool code_exists(const dictionary_geometry *g, int y, int x)
{
    return y >= 0 && x >= 0 && y <= g->height - g->kernel && x <= g->width - g->kernel;
}

// (D code)[y][x][c]
static double pixel_of(const dictionary_geometry *g, const float *atoms, const float *code, int y,
                       int x, int c)
{
    double sum = 0;
    for (int u = 0; u < g->kernel; u++)
        for (int v = 0; v < g->kernel; v++)
            for (int a = 0; a < g->atoms && code_exists(g, y - u, x - v); a++)
                sum += (double)atoms[tap_index(g, a, c, u, v)] *
                       (double)code[code_index(g, y - u, x - v, a)];
    return sum;
}

void dictionary_reference_synthesise(const dictionary_geometry *g, const float *atoms,
                                     const float *code, float *image)
{
    for (int y = 0; y < g->height; y++)
        for (int x = 0; x < g->width; x++)
            for (int c = 0; c < g->channels; c++)
                image[pixel_index(g, y, x, c)] = (float)pixel_of(g, atoms, code, y, x, c);
}

// The inner product of atom a and the image at code (y, x).
static double match_of(const dictionary_geometry *g, const float *atoms, const float *image, int y,
                       int x, int a)
{
    double sum = 0;
    for (int c = 0; c < g->channels; c++)
        for (int u = 0; u < g->kernel; u++)
            for (int v = 0; v < g->kernel; v++)
                sum += (double)atoms[tap_index(g, a, c, u, v)] *
                       (double)image[pixel_index(g, y + u, x + v, c)];
    return sum;
}

void dictionary_reference_analyse(const dictionary_geometry *g, const float *atoms,
                                  const float *image, float *code)
{
    memset(code, 0, dictionary_code_floats(g) * sizeof *code);
    for (int y = 0; code_exists(g, y, 0); y++)
        for (int x = 0; code_exists(g, y, x); x++)
            for (int a = 0; a < g->atoms; a++)
                code[code_index(g, y, x, a)] = (float)match_of(g, atoms, image, y, x, a);
}

// The sum over codes of atom a, of code times the pixel that lies under its tap (c, u, v).
static double correlation_of(const dictionary_geometry *g, const float *image, const float *code,
                             int a, const int tap[3])
{
    double sum = 0;
    for (int y = 0; code_exists(g, y, 0); y++)
        for (int x = 0; code_exists(g, y, x); x++)
            sum += (double)code[code_index(g, y, x, a)] *
                   (double)image[pixel_index(g, y + tap[1], x + tap[2], tap[0])];
    return sum;
}

void dictionary_reference_correlate(const dictionary_geometry *g, const float *image,
                                    const float *code, float scale, float *gradient)
{
    for (int a = 0; a < g->atoms; a++)
        for (int c = 0; c < g->channels; c++)
            for (int u = 0; u < g->kernel; u++)
                for (int v = 0; v < g->kernel; v++)
                    gradient[tap_index(g, a, c, u, v)] +=
                        scale * (float)correlation_of(g, image, code, a, (int[3]){c, u, v});
}
