// models/kernels/dictionary/dictionary_dense.c -- a dictionary on all codes: three products over
// one tile.
//
// Each operation is
//   output o = sum over terms t of  pixels[place(o) + place(t)] * vectors[t]
// where both places run over grids of an array and a vector holds as many numbers as a register:
//                outputs          terms        pixels   vectors over
//   analyse      positions        taps         image    atoms  (the code)
//   correlate    taps             positions    image    atoms  (the sums)
//   synthesise   positions        atoms        code     taps   (added to the image at the position)
// A tile of outputs x vectors stays in registers while the terms go by; each output is one chain of
// multiply-adds in the order of the terms, so the size of the tile does not change the bits. No
// atom leaves the image, so there are no borders anywhere.
#include "models/kernels/dictionary/dictionary_layout.h"

// Sums held in registers: 24 of the 32 of AVX-512, 12 of the 16 of others.
#if VECTOR == 16
#define TILE_SUMS    24
#define MOST_VECTORS 4
#else
#define TILE_SUMS    12
#define MOST_VECTORS 2
#endif
#define MOST_OUTPUTS 12

// Places row * row_step + column * column_step of an array, columns fastest.
typedef struct grid {
    size_t rows, columns, row_step, column_step;
} grid;

static size_t places(const grid *g)
{
    return g->rows * g->columns;
}

// A place on its way through a grid.
typedef struct walk {
    const grid *over;
    size_t column, row_start, at;
} walk;

static void step(walk *w)
{
    w->at += w->over->column_step;
    if (++w->column < w->over->columns) return;
    w->column = 0;
    w->row_start += w->over->row_step;
    w->at = w->row_start;
}

typedef struct product {
    grid outputs, terms;
    const float *pixels;
    const float *vectors; // (terms, stride)
    size_t stride;
} product;

typedef struct tile {
    size_t outputs, vectors; // how many are in use
    const float *pixels[MOST_OUTPUTS];
    vector sums[TILE_SUMS + 1]; // (outputs, vectors), and one that may be read
} tile;

// The sums of a tile; outputs * vectors <= TILE_SUMS, both known to the compiler.
ALWAYS_INLINE void sum_terms(const product *p, const float *vectors, tile *t, size_t outputs,
                             size_t count)
{
    vector sums[TILE_SUMS] = {0};
    const float *pixels[MOST_OUTPUTS];
    UNROLLED
    for (size_t o = 0; o < outputs; o++)
        pixels[o] = t->pixels[o];
    for (size_t row = 0; row < p->terms.rows; row++) {
        size_t at = row * p->terms.row_step;
        for (size_t column = 0; column < p->terms.columns; column++) {
            vector terms[MOST_VECTORS];
            UNROLLED
            for (size_t v = 0; v < count; v++)
                memcpy(&terms[v], vectors + v * VECTOR, sizeof terms[v]);
            UNROLLED
            for (size_t o = 0; o < outputs; o++) {
                UNROLLED
                for (size_t v = 0; v < count; v++)
                    sums[o * count + v] += pixels[o][at] * terms[v];
            }
            vectors += p->stride;
            at += p->terms.column_step;
        }
    }
    UNROLLED
    for (size_t i = 0; i < outputs * count; i++)
        t->sums[i] = sums[i];
}

// Outputs of a full tile of so many vectors.
ALWAYS_INLINE size_t tile_outputs(size_t vectors)
{
    return TILE_SUMS / vectors < MOST_OUTPUTS ? TILE_SUMS / vectors : MOST_OUTPUTS;
}

// One function for each shape of a tile: the full ones, and single outputs.
#define TILE_FUNCTION(count)                                                                       \
    static void full_tile_##count(const product *p, const float *vectors, tile *t)                 \
    {                                                                                              \
        sum_terms(p, vectors, t, tile_outputs(count), count);                                      \
    }                                                                                              \
    static void single_##count(const product *p, const float *vectors, tile *t)                    \
    {                                                                                              \
        sum_terms(p, vectors, t, 1, count);                                                        \
    }
TILE_FUNCTION(1)
TILE_FUNCTION(2)
#if MOST_VECTORS == 4
TILE_FUNCTION(3)
TILE_FUNCTION(4)
#endif

typedef void tile_function(const product *, const float *vectors, tile *);
static tile_function *const full_tiles[MOST_VECTORS] = {
    full_tile_1,
    full_tile_2,
#if MOST_VECTORS == 4
    full_tile_3,
    full_tile_4,
#endif
};
static tile_function *const singles[MOST_VECTORS] = {
    single_1,
    single_2,
#if MOST_VECTORS == 4
    single_3,
    single_4,
#endif
};

// Fills t with the sums of the next outputs of w, of `left`, for t->vectors vectors from column
// `from` on. A tile that less than half fills goes one by one; other empty places of a tile repeat
// the last output.
static void next_tile(const product *p, walk *w, size_t left, size_t from, tile *t)
{
    size_t most = tile_outputs(t->vectors);
    t->outputs = left >= most ? most : 2 * left > most ? left : 1;
    for (size_t o = 0; o < t->outputs; o++, step(w))
        t->pixels[o] = p->pixels + w->at;
    for (size_t o = t->outputs; o < most; o++)
        t->pixels[o] = t->pixels[t->outputs - 1];
    const float *vectors = p->vectors + from * VECTOR;
    if (t->outputs == 1)
        singles[t->vectors - 1](p, vectors, t);
    else
        full_tiles[t->vectors - 1](p, vectors, t);
}

// Vectors beside each other in the next tiles, of `left`: as many as MOST_VECTORS, spread evenly.
static size_t next_vectors(size_t left)
{
    size_t parts = (left + MOST_VECTORS - 1) / MOST_VECTORS;
    return (left + parts - 1) / parts;
}

void dictionary_analyse(const dictionary_geometry *g, const float *packed, const float *image,
                        float *code)
{
    dictionary_layout l = dictionary_layout_of(g);
    product p = {.outputs = {l.code_rows, l.code_columns, l.image_row, l.channels},
                 .terms = {l.rows, l.row, l.image_row, 1},
                 .pixels = image,
                 .vectors = packed + l.by_tap,
                 .stride = l.lanes_of_code};
    tile t;
    for (size_t from = 0; from < l.lanes_of_code / VECTOR; from += t.vectors) {
        t.vectors = next_vectors(l.lanes_of_code / VECTOR - from);
        walk w = {.over = &p.outputs};
        for (size_t o = 0; o < places(&p.outputs); o += t.outputs) {
            next_tile(&p, &w, places(&p.outputs) - o, from, &t);
            for (size_t i = 0; i < t.outputs; i++)
                memcpy(code + (o + i) * l.lanes_of_code + from * VECTOR, t.sums + i * t.vectors,
                       t.vectors * sizeof(vector));
        }
    }
}

// to[0 .. vectors) += sums
static void add_vectors(float *to, const vector *sums, size_t vectors)
{
    for (size_t v = 0; v < vectors; v++) {
        vector there;
        memcpy(&there, to + v * VECTOR, sizeof there);
        there += sums[v];
        memcpy(to + v * VECTOR, &there, sizeof there);
    }
}

void dictionary_correlate(const dictionary_geometry *g, const float *image, const float *code,
                          const active_code *list, size_t count, float *sums)
{
    dictionary_layout l = dictionary_layout_of(g);
    if (list != NULL) {
        dictionary_correlate_active(&l, image, code, list, count, sums + l.row_sums);
        return;
    }
    product p = {.outputs = {l.rows, l.row, l.image_row, 1},
                 .terms = {l.code_rows, l.code_columns, l.image_row, l.channels},
                 .pixels = image,
                 .vectors = code,
                 .stride = l.lanes_of_code};
    tile t;
    for (size_t from = 0; from < l.lanes_of_code / VECTOR; from += t.vectors) {
        t.vectors = next_vectors(l.lanes_of_code / VECTOR - from);
        walk w = {.over = &p.outputs};
        for (size_t o = 0; o < l.taps; o += t.outputs) {
            next_tile(&p, &w, l.taps - o, from, &t);
            for (size_t i = 0; i < t.outputs; i++)
                add_vectors(sums + (o + i) * l.lanes_of_code + from * VECTOR,
                            t.sums + i * t.vectors, t.vectors);
        }
    }
}

// Taps of one row of an atom, no more than VECTOR of them.
typedef struct piece {
    size_t from, to; // place in a tile's vectors; in the image, from the atom's corner
    vector_mask inside;
} piece;

// Cuts taps [first, end) into pieces; returns how many.
static size_t cut_taps(const dictionary_layout *l, size_t first, size_t end, piece *pieces)
{
    size_t count = 0;
    for (size_t tap = first, next; tap < end; tap = next, count++) {
        size_t row = tap / l->row;
        next = (row + 1) * l->row;
        if (next > end) next = end;
        if (next > tap + VECTOR) next = tap + VECTOR;
        pieces[count].from = tap - first;
        pieces[count].to = row * l->image_row + tap % l->row;
        vector_mask_first(&pieces[count].inside, next - tap);
    }
    return count;
}

// image += the taps of a tile of positions, whose corners `corner` walks over. A vector longer than
// its piece adds 0 to the floats behind it.
static void add_taps(const tile *t, const piece *pieces, size_t count, walk *corner, float *image)
{
    const float *taps = (const float *)t->sums;
    for (size_t o = 0; o < t->outputs; o++, taps += t->vectors * VECTOR, step(corner))
        for (size_t i = 0; i < count; i++) {
            vector more; // the last piece may read the vector behind the sums
            memcpy(&more, taps + pieces[i].from, sizeof more);
            more = VECTOR_WHERE(pieces[i].inside, more);
            add_vectors(image + corner->at + pieces[i].to, &more, 1);
        }
}

void dictionary_synthesise(const dictionary_geometry *g, const float *packed, const float *code,
                           float *image)
{
    dictionary_layout l = dictionary_layout_of(g);
    grid corners = {l.code_rows, l.code_columns, l.image_row, l.channels};
    product p = {.outputs = {1, places(&corners), 0, l.lanes_of_code},
                 .terms = {1, l.atoms, 0, 1},
                 .pixels = code,
                 .vectors = packed + l.by_atom,
                 .stride = l.tap_floats};
    memset(image, 0, dictionary_image_floats(g) * sizeof *image);
    piece pieces[MOST_VECTORS * VECTOR]; // one tap each, at least
    tile t = {0};
    for (size_t from = 0; from < l.tap_floats / VECTOR; from += t.vectors) {
        t.vectors = next_vectors(l.tap_floats / VECTOR - from);
        size_t end = (from + t.vectors) * VECTOR < l.taps ? (from + t.vectors) * VECTOR : l.taps;
        size_t count = cut_taps(&l, from * VECTOR, end, pieces);
        walk w = {.over = &p.outputs}, corner = {.over = &corners};
        for (size_t o = 0; o < places(&p.outputs); o += t.outputs) {
            next_tile(&p, &w, places(&p.outputs) - o, from, &t);
            add_taps(&t, pieces, count, &corner, image);
        }
    }
}
