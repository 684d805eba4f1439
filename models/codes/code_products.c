// models/codes/code_products.c -- see code_products.h.
#include "models/codes/code_products.h"

#include <math.h>
#include <string.h>

// Where codes are, and how far apart two atoms still share pixels: d is -(reach - 1) .. reach - 1.
typedef struct lattice {
    int height, width; // of the codes
    int reach_y, reach_x;
} lattice;

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static lattice lattice_of(const dictionary_geometry *g)
{
    int height = g->height - g->kernel + 1, width = g->width - g->kernel + 1;
    return (lattice){height, width, smaller(g->kernel, height), smaller(g->kernel, width)};
}

// Rows of places d are so long.
static int stride(const lattice *l)
{
    return 2 * l->reach_x - 1;
}

int code_products_places(const dictionary_geometry *g)
{
    lattice l = lattice_of(g);
    return (l.reach_y - 1) * stride(&l) + l.reach_x;
}

static size_t atom_floats(const dictionary_geometry *g)
{
    return (size_t)g->channels * (size_t)g->kernel * (size_t)g->kernel;
}

static int list_codes(const dictionary_geometry *g, const lattice *l, const float *codes,
                      placed_code *list)
{
    int count = 0;
    size_t plane = (size_t)l->height * (size_t)l->width;
    for (int row = 0; row < l->height; row++)
        for (int column = 0; column < l->width; column++)
            for (int atom = 0; atom < g->atoms; atom++) {
                size_t at = (size_t)row * (size_t)l->width + (size_t)column;
                float value = codes[(size_t)atom * plane + at];
                if (value != 0) list[count++] = (placed_code){row, column, atom, value};
            }
    return count;
}

// Products of code `one` with itself and those behind it in the list.
static void add_pairs(const dictionary_geometry *g, const lattice *l, const placed_code *one,
                      const placed_code *end, float *a)
{
    size_t atoms = (size_t)g->atoms, places = (size_t)code_products_places(g);
    for (const placed_code *other = one; other < end; other++) {
        int dy = other->row - one->row, dx = other->column - one->column;
        if (dy >= l->reach_y) return;
        if (dx >= l->reach_x || -dx >= l->reach_x) continue;
        float product = one->value * other->value;
        size_t from = (size_t)one->atom, to = (size_t)other->atom;
        size_t place = (size_t)dy * (size_t)stride(l) + (size_t)dx;
        a[(from * atoms + to) * places + place] += product;
        if (place == 0 && from != to) a[(to * atoms + from) * places] += product;
    }
}

static void add_image(const dictionary_geometry *g, const placed_code *one, const float *image,
                      float *b)
{
    int k = g->kernel;
    float *to = b + (size_t)one->atom * atom_floats(g);
    for (int c = 0; c < g->channels; c++)
        for (int u = 0; u < k; u++, to += k) {
            const float *from = image + (size_t)(c * g->height + one->row + u) * (size_t)g->width +
                                (size_t)one->column;
            for (int v = 0; v < k; v++)
                to[v] += one->value * from[v];
        }
}

void code_products_add(const dictionary_geometry *g, const float *codes, const float *image,
                       placed_code *list, float *a, float *b)
{
    lattice l = lattice_of(g);
    int count = list_codes(g, &l, codes, list);
    for (int i = 0; i < count; i++) {
        add_pairs(g, &l, &list[i], list + count, a);
        add_image(g, &list[i], image, b);
    }
}

void code_products_forget(const dictionary_geometry *g, int atom, float *a, float *b)
{
    size_t atoms = (size_t)g->atoms, places = (size_t)code_products_places(g), row = (size_t)atom;
    memset(a + row * atoms * places, 0, atoms * places * sizeof *a);
    for (size_t other = 0; other < atoms; other++)
        memset(a + (other * atoms + row) * places, 0, places * sizeof *a);
    memset(b + row * atom_floats(g), 0, atom_floats(g) * sizeof *b);
}

// to[c][u] -= weight * atom[c][u - d], where both are inside the atom.
static void subtract_shifted(const dictionary_geometry *g, int dy, int dx, float weight,
                             const float *restrict atom, float *restrict to)
{
    int k = g->kernel, first = dx > 0 ? dx : 0, last = dx > 0 ? k : k + dx;
    for (int c = 0; c < g->channels; c++)
        for (int u = dy > 0 ? dy : 0; u < k && u - dy < k; u++) {
            float *row = to + (ptrdiff_t)(c * k + u) * k;
            const float *from = atom + (ptrdiff_t)(c * k + u - dy) * k - dx;
            for (int v = first; v < last; v++)
                row[v] -= weight * from[v];
        }
}

// pull = B[a] - (A * D)[a], minus the gradient by atom `atom`.
static void find_pull(const dictionary_geometry *g, const float *a, const float *b, int atom,
                      const float *atoms, float *pull)
{
    lattice l = lattice_of(g);
    size_t size = atom_floats(g), count = (size_t)g->atoms, row = (size_t)atom;
    size_t places = (size_t)code_products_places(g);
    memcpy(pull, b + row * size, size * sizeof *pull);
    for (size_t other = 0; other < count; other++)
        for (int dy = 1 - l.reach_y; dy < l.reach_y; dy++)
            for (int dx = 1 - l.reach_x; dx < l.reach_x; dx++) {
                int place = dy * stride(&l) + dx;
                float weight = place >= 0 ? a[(row * count + other) * places + (size_t)place]
                                          : a[(other * count + row) * places + (size_t)-place];
                if (weight != 0) subtract_shifted(g, dy, dx, weight, atoms + other * size, pull);
            }
}

// At least the curvature along any change of the atom: that of its codes' products with themselves.
static double curvature(const dictionary_geometry *g, const float *a, int atom)
{
    size_t places = (size_t)code_products_places(g);
    const float *own = a + ((size_t)atom * (size_t)g->atoms + (size_t)atom) * places;
    double sum = (double)own[0];
    for (size_t place = 1; place < places; place++)
        sum += 2 * fabs((double)own[place]);
    return sum;
}

// atom <- (atom + step pull) / its length
static void move_atom(size_t size, double step, const float *pull, float *atom)
{
    double square = 0;
    for (size_t i = 0; i < size; i++) {
        atom[i] += (float)(step * (double)pull[i]);
        square += (double)atom[i] * (double)atom[i];
    }
    for (size_t i = 0; i < size && square > 0; i++)
        atom[i] = (float)((double)atom[i] / sqrt(square));
}

void code_products_descend(const dictionary_geometry *g, const float *a, const float *b,
                           double share, float *pull, float *atoms)
{
    size_t size = atom_floats(g);
    for (int atom = 0; atom < g->atoms; atom++) {
        double most = curvature(g, a, atom);
        if (most <= 0) continue; // no code has used it
        find_pull(g, a, b, atom, atoms, pull);
        move_atom(size, share / most, pull, atoms + (size_t)atom * size);
    }
}
