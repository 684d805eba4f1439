// trainer/sparse/dictionary_sheet.c -- see dictionary_sheet.h.
#include "trainer/sparse/dictionary_sheet.h"

#include "io/images/pictures.h"
#include "trainer/run/run_folder.h"

#include <stdlib.h>
#include <string.h>

#define SHEET_PIXELS 1200 // width that a sheet should not exceed

typedef struct ranked {
    float activity;
    int atom;
} ranked;

// Larger activity first; of equals the atom that stands first.
static int compare(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->activity != y->activity) return x->activity > y->activity ? -1 : 1;
    return x->atom - y->atom;
}

static void rank_atoms(const float *activity, int atoms, ranked *order)
{
    for (int a = 0; a < atoms; a++)
        order[a] = (ranked){activity[a], a};
    qsort(order, (size_t)atoms, sizeof *order, compare);
}

// Pixels that show one number: as large as a sheet of near-square layout allows, 1 .. 8.
static int enlargement(int atoms, int kernel)
{
    int columns = 1;
    while (columns * columns < atoms)
        columns++;
    int factor = SHEET_PIXELS / (columns * (kernel + 1));
    return factor < 1 ? 1 : factor > 8 ? 8 : factor;
}

static int shown_channels(const graph_param *p)
{
    return p->spec.dims[1] == 3 ? 3 : 1;
}

static status draw(const char *path, const tile_set *tiles)
{
    picture sheet = {0};
    TRY(picture_tiles(&sheet, tiles, enlargement(tiles->count, tiles->width)));
    status s = picture_write(path, &sheet);
    picture_free(&sheet);
    return s;
}

// values (K, shown) in the order of activity, and drawn.
static status draw_sorted(const char *path, const graph_param *p, const float *params,
                          const ranked *order, float *values)
{
    int atoms = p->spec.dims[0], channels = shown_channels(p), side = p->spec.dims[2];
    size_t whole = p->count / (size_t)atoms;
    size_t shown = (size_t)channels * (size_t)side * (size_t)side;
    for (size_t i = 0; i < (size_t)atoms; i++)
        memcpy(values + i * shown, params + p->offset + (size_t)order[i].atom * whole,
               shown * sizeof *values);
    return draw(path, &(tile_set){values, atoms, channels, side, side});
}

// A parameter (K, C, k, k) of the flat array `params`, atoms by activity (K).
static status write_sheet(const char *path, const graph_param *p, const float *params,
                          const float *activity)
{
    size_t atoms = (size_t)p->spec.dims[0], side = (size_t)p->spec.dims[2];
    float *values = malloc(atoms * (size_t)shown_channels(p) * side * side * sizeof *values);
    ranked *order = malloc(atoms * sizeof *order);
    status s;
    if (values != NULL && order != NULL) {
        rank_atoms(activity, (int)atoms, order);
        s = draw_sorted(path, p, params, order, values);
    } else {
        s = failure(ST_INTERNAL, "no memory for a sheet of %zu filters", atoms);
    }
    free(values);
    free(order);
    return s;
}

static status write_named(const sparse_model *m, const char *name, const char *prefix,
                          const char *what)
{
    char path[RUN_PATH_SIZE + 32];
    const graph_param *p;
    for (int i = 0; (p = graph_param_at(m->graph, i)) != NULL; i++)
        if (strcmp(p->name, name) == 0) break;
    if (p == NULL) return ST_OK;
    snprintf(path, sizeof path, "%s%s.png", prefix, what);
    return write_sheet(path, p, m->weights.params, m->weights.statistics + m->activity_at);
}

status dictionary_sheets_write(const sparse_model *m, const char *prefix)
{
    TRY(write_named(m, "dictionary.weight", prefix, "decoder"));
    return write_named(m, "encoder.filters.weight", prefix, "encoder");
}
