// trainer/sparse/dead_atoms.c -- see dead_atoms.h.
#include "trainer/sparse/dead_atoms.h"

#include "comm/exchange.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t atom_floats(const dead_atoms *d)
{
    return (size_t)d->channels * (size_t)d->kernel * (size_t)d->kernel;
}

static size_t row_floats(const dead_atoms *d)
{
    return 1 + atom_floats(d);
}

status dead_atoms_create(dead_atoms *d, int atoms, int channels, int kernel, size_t samples)
{
    *d = (dead_atoms){.atoms = atoms, .channels = channels, .kernel = kernel, .samples = samples};
    size_t rows = samples * row_floats(d) * sizeof(float);
    size_t ranking = samples * sizeof *d->ranking;
    TRY(arena_create(&d->memory, arena_padded(rows) + arena_padded(ranking),
                     "the worst explained patches"));
    d->rows = arena_take(&d->memory, rows);
    d->ranking = arena_take(&d->memory, ranking);
    return ST_OK;
}

void dead_atoms_destroy(dead_atoms *d)
{
    arena_destroy(&d->memory);
}

static float mean_activity(const dead_atoms *d, const float *activity)
{
    double sum = 0;
    for (int a = 0; a < d->atoms; a++)
        sum += (double)activity[a];
    return (float)(sum / d->atoms);
}

static bool is_dead(float activity, float mean)
{
    return activity < (float)DEAD_SHARE * mean;
}

int dead_atoms_alive(const dead_atoms *d, const float *activity)
{
    float mean = mean_activity(d, activity);
    int alive = 0;
    for (int a = 0; a < d->atoms; a++)
        alive += !is_dead(activity[a], mean);
    return alive;
}

// Squares of the k x k pixels under (top, left), over all channels.
static double patch_energy(const dead_atoms *d, const float *residual, int height, int width,
                           int top, int left)
{
    double sum = 0;
    for (int c = 0; c < d->channels; c++)
        for (int u = 0; u < d->kernel; u++) {
            const float *row =
                residual + (size_t)(c * height + top + u) * (size_t)width + (size_t)left;
            for (int v = 0; v < d->kernel; v++)
                sum += (double)row[v] * (double)row[v];
        }
    return sum;
}

void dead_atoms_note(dead_atoms *d, size_t position, const float *residual, int height, int width)
{
    double most = -1;
    int top = 0, left = 0, k = d->kernel;
    for (int y = 0; y + k <= height; y++)
        for (int x = 0; x + k <= width; x++) {
            double energy = patch_energy(d, residual, height, width, y, x);
            if (energy <= most) continue;
            most = energy;
            top = y;
            left = x;
        }
    float *row = d->rows + position * row_floats(d);
    row[0] = (float)most;
    for (int c = 0; c < d->channels; c++)
        for (int u = 0; u < k; u++)
            memcpy(row + 1 + (size_t)(c * k + u) * (size_t)k,
                   residual + (size_t)(c * height + top + u) * (size_t)width + (size_t)left,
                   (size_t)k * sizeof *row);
}

// Larger energy first; of equals, the one that stands first.
static int compare_rows(const void *a, const void *b)
{
    const float *x = *(const float *const *)a, *y = *(const float *const *)b;
    if (x[0] != y[0]) return x[0] > y[0] ? -1 : 1;
    return (x > y) - (x < y);
}

void dead_atoms_replace(dead_atoms *d, const world *w, size_t first, size_t count, float *atoms,
                        float *activity, bool *replaced)
{
    size_t row = row_floats(d), size = atom_floats(d), next = 0;
    exchange_gather(w, d->rows + first * row, count * row * sizeof *d->rows, d->rows);
    for (size_t i = 0; i < d->samples; i++)
        d->ranking[i] = d->rows + i * row;
    qsort(d->ranking, d->samples, sizeof *d->ranking, compare_rows);
    float mean = mean_activity(d, activity);
    for (size_t a = 0; a < (size_t)d->atoms; a++) {
        const float *patch = next < d->samples ? d->ranking[next] : NULL;
        replaced[a] = is_dead(activity[a], mean) && patch != NULL && patch[0] > 0;
        if (!replaced[a]) continue;
        float scale = (float)(1 / sqrt((double)patch[0]));
        for (size_t i = 0; i < size; i++)
            atoms[a * size + i] = scale * patch[1 + i];
        activity[a] = mean;
        next++;
    }
}
