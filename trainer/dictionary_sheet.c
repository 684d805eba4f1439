// trainer/dictionary_sheet.c -- see dictionary_sheet.h.
#include "trainer/dictionary_sheet.h"

#include "io/pictures.h"

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

static status draw(const char *path, const tile_set *tiles)
{
    picture sheet = {0};
    TRY(picture_tiles(&sheet, tiles, enlargement(tiles->count, tiles->width)));
    status s = picture_write(path, &sheet);
    picture_free(&sheet);
    return s;
}

status dictionary_sheet_write(const char *path, const graph_param *p, const float *params,
                              const float *activity)
{
    int atoms = p->spec.dims[0], channels = p->spec.dims[1] == 3 ? 3 : 1, side = p->spec.dims[2];
    size_t whole = p->count / (size_t)atoms;
    size_t shown = (size_t)channels * (size_t)side * (size_t)side;
    float *values = malloc((size_t)atoms * shown * sizeof *values);
    ranked *order = malloc((size_t)atoms * sizeof *order);
    status s = values != NULL && order != NULL
                   ? ST_OK
                   : failure(ST_INTERNAL, "no memory for a sheet of %d filters", atoms);
    if (s == ST_OK) {
        rank_atoms(activity, atoms, order);
        for (int i = 0; i < atoms; i++)
            memcpy(values + (size_t)i * shown, params + p->offset + (size_t)order[i].atom * whole,
                   shown * sizeof *values);
        s = draw(path, &(tile_set){values, atoms, channels, side, side});
    }
    free(values);
    free(order);
    return s;
}
