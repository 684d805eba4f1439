// models/codes/solvers/coordinate_descent.c -- L1 only: locally greedy coordinate descent with the
// atoms' Gram tensor.
//
//   G[a][s][b] = <atom a, atom b shifted by s>,  |s| < k in both directions  (or fewer positions)
//
// The gradient of all codes is kept true: a change of z[q][a] by t takes t G[a][s][b] from that of
// each z[q + s][b]. Positions are cut into squares of side k; one after another, the code of a
// square whose best value lies farthest away moves there. For one position (patches) this is greedy
// coordinate descent with the K x K Gram matrix. An update costs about one window,
// (2k - 1)^2 K, however sparse the code: for long, sparse codes; else working_set is faster.
//   source: Moreau, Oudre, Vayatis 2018 (DICOD), eq. 7-9 and algorithm 3 (LGCD)
#include "models/kernels/lanes.h"
#include "models/codes/solvers/objective.h"

#include <math.h>

typedef struct coordinate_config {
    int64_t iterations;
    double gap;
} coordinate_config;

static const config_field fields[] = {
    {"iterations", FIELD_INT, offsetof(coordinate_config, iterations), "10000", 1, 1e9, NULL,
     "at most so many times as many updates as there are atoms (or squares, if more)"},
    {"gap", FIELD_REAL, offsetof(coordinate_config, gap), "1e-3", 0, 1, NULL,
     "stop at this duality gap / energy of the code 0; 0: after all iterations"},
    {0}};

// A code array's rows and columns, and how far an atom reaches in them.
typedef struct extent {
    int rows, columns, down, across;
} extent;

static extent extent_of(const dictionary_geometry *g)
{
    extent e = {.rows = g->height - g->kernel + 1, .columns = g->width - g->kernel + 1};
    e.down = e.rows < g->kernel ? e.rows - 1 : g->kernel - 1;
    e.across = e.columns < g->kernel ? e.columns - 1 : g->kernel - 1;
    return e;
}

// An image on which one atom in the middle meets all shifts; its code array is G[a].
static dictionary_geometry meeting_geometry(const dictionary_geometry *g)
{
    extent e = extent_of(g);
    dictionary_geometry meeting = *g;
    meeting.height = g->kernel + 2 * e.down;
    meeting.width = g->kernel + 2 * e.across;
    return meeting;
}

static status check(const void *settings, const inference *p)
{
    (void)settings;
    CHECK(p->penalty->is_l1, ST_CONFIG,
          "solver coordinate_descent: is for the penalty l1 only, and the penalty is %s; use the "
          "solver fista",
          p->penalty->name);
    CHECK(p->mask == NULL, ST_CONFIG,
          "solver coordinate_descent: under a mask the atoms have no common Gram tensor; use the "
          "solver working_set");
    return ST_OK;
}

static size_t prepared_bytes(const void *settings, const dictionary_geometry *g)
{
    (void)settings;
    dictionary_geometry meeting = meeting_geometry(g);
    return ((size_t)g->atoms * dictionary_code_floats(&meeting) +
            dictionary_packed_floats(&meeting) + dictionary_image_floats(&meeting)) *
           sizeof(float);
}

// prepared: G (K, shifts, Kp), then what making it needs.
static void prepare(const void *settings, const dictionary_geometry *g, const float *atoms,
                    void *prepared)
{
    (void)settings;
    dictionary_geometry meeting = meeting_geometry(g);
    extent e = extent_of(g);
    size_t floats = dictionary_code_floats(&meeting), k = (size_t)g->kernel;
    size_t channels = (size_t)g->channels;
    float *gram = prepared, *packed = gram + (size_t)g->atoms * floats;
    float *image = packed + dictionary_packed_floats(&meeting);
    dictionary_pack(&meeting, atoms, packed);
    memset(image, 0, dictionary_image_floats(&meeting) * sizeof *image);
    for (size_t a = 0; a < (size_t)g->atoms; a++) {
        for (size_t u = 0; u < k; u++)
            for (size_t v = 0; v < k; v++)
                for (size_t c = 0; c < channels; c++) {
                    size_t row = (size_t)e.down + u, column = (size_t)e.across + v;
                    image[(row * (size_t)meeting.width + column) * channels + c] =
                        atoms[((a * channels + c) * k + u) * k + v];
                }
        dictionary_analyse(&meeting, packed, image, gram + a * floats);
    }
}

typedef struct descent {
    const inference *problem;
    extent extent;
    size_t lanes_of_code;
    float *code, *gradient; // minus the gradient of all but the penalty, kept true
    float *curvature;       // (Kp) |d|^2 + 2 alpha; 1 beyond K and for atoms of zeros
    float *residual;
    active_code *list;
    double energy, reconstruction, dual;
    size_t nonzeros;
} descent;

static size_t scratch_bytes(const void *settings, const dictionary_geometry *g)
{
    (void)settings;
    size_t codes = dictionary_code_floats(g);
    return (codes + (size_t)dictionary_lanes(g) + dictionary_image_floats(g)) * sizeof(float) +
           codes * sizeof(active_code);
}

// G[a] at shift (0, 0) - down * rows - across columns, that is, its first float.
static const float *gram_of_atom(const descent *d, size_t atom)
{
    size_t shifts = (size_t)(2 * d->extent.down + 1) * (size_t)(2 * d->extent.across + 1);
    return (const float *)d->problem->prepared + atom * shifts * d->lanes_of_code;
}

static void open_descent(descent *d, const inference *p, float *code, float *scratch)
{
    const dictionary_geometry *g = &p->geometry;
    size_t codes = dictionary_code_floats(g);
    *d = (descent){.problem = p,
                   .extent = extent_of(g),
                   .lanes_of_code = (size_t)dictionary_lanes(g),
                   .code = code,
                   .dual = -HUGE_VAL};
    d->gradient = scratch;
    d->curvature = d->gradient + codes;
    d->residual = d->curvature + d->lanes_of_code;
    d->list = (active_code *)(void *)(d->residual + dictionary_image_floats(g));
    size_t across = (size_t)d->extent.across;
    size_t middle = (size_t)d->extent.down * (2 * across + 1) + across;
    for (size_t a = 0; a < d->lanes_of_code; a++) {
        float square = 0;
        if (a < (size_t)g->atoms) square = gram_of_atom(d, a)[middle * d->lanes_of_code + a];
        square += (float)(2 * p->alpha);
        d->curvature[a] = square > 0 ? square : 1;
    }
    for (size_t i = 0; p->non_negative && i < codes; i++)
        code[i] = code[i] > 0 ? code[i] : 0.0f;
}

// Energy, residual, gradient and dual point, anew from the codes.
static void look_around(descent *d)
{
    const inference *p = d->problem;
    d->nonzeros = dictionary_list_nonzero(&p->geometry, d->code, d->list);
    dictionary_synthesise_active(&p->geometry, p->packed, d->code, d->list, d->nonzeros,
                                 d->residual);
    d->reconstruction = objective_residual(p, d->residual);
    dictionary_analyse(&p->geometry, p->packed, d->residual, d->gradient);
    objective_add_pull(p, d->code, d->gradient);
    d->energy = d->reconstruction + objective_prediction(p, d->code) +
                p->lambda * p->penalty->value(p->penalty_settings, &p->geometry, d->code);
    dual_source from = objective_source(p, d->code, d->residual, d->reconstruction, d->gradient);
    d->dual = fmax(d->dual, objective_dual(p, &from));
}

// The best value of one code with all others as they are.
static float best_value(const descent *d, size_t at)
{
    float h = d->curvature[at % d->lanes_of_code], lambda = (float)d->problem->lambda;
    float u = h * d->code[at] + d->gradient[at];
    if (u > lambda) return (u - lambda) / h;
    return !d->problem->non_negative && u < -lambda ? (u + lambda) / h : 0.0f;
}

// A square of positions, and where its best lanes were found.
typedef struct square {
    int top, left, bottom, right; // the last two beyond
} square;

// The distance of VECTOR codes to their best values.
static inline void distances(const descent *d, size_t at, vector *distance)
{
    float lambda = (float)d->problem->lambda;
    vector z, pull, h;
    memcpy(&z, d->code + at, sizeof z);
    memcpy(&pull, d->gradient + at, sizeof pull);
    memcpy(&h, d->curvature + at % d->lanes_of_code, sizeof h);
    vector u = h * z + pull, over = u - lambda, under = u + lambda;
    vector next = VECTOR_WHERE(over > 0, over);
    if (!d->problem->non_negative) next += VECTOR_WHERE(under < 0, under);
    vector far = next / h - z;
    *distance = (vector)((vector_mask)far & 0x7fffffff);
}

// The code of the square that lies farthest from its best value; of equal ones the first found.
static size_t farthest(const descent *d, const square *s)
{
    vector best = {0};
    vector_mask where = {0};
    for (int y = s->top; y < s->bottom; y++) {
        size_t begin = (size_t)(y * d->extent.columns + s->left) * d->lanes_of_code;
        size_t end = begin + (size_t)(s->right - s->left) * d->lanes_of_code;
        for (size_t at = begin; at < end; at += VECTOR) {
            vector distance;
            distances(d, at, &distance);
            vector_mask farther = distance > best;
            best = VECTOR_WHERE(farther, distance) + VECTOR_WHERE(~farther, best);
            where = (farther & (int32_t)at) | (~farther & where);
        }
    }
    int lane = 0;
    for (int i = 1; i < VECTOR; i++)
        if (best[i] > best[lane]) lane = i;
    return (size_t)where[lane] + (size_t)lane;
}

// Takes t G[a] from the gradients in the window around a code that moves by t.
static void move(descent *d, size_t at, float by)
{
    extent e = d->extent;
    size_t lanes_of_code = d->lanes_of_code;
    int q = (int)(at / lanes_of_code), row = q / e.columns, column = q % e.columns;
    const float *gram = gram_of_atom(d, at % lanes_of_code);
    int top = row < e.down ? -row : -e.down;
    int bottom = e.rows - 1 - row < e.down ? e.rows - 1 - row : e.down;
    int left = column < e.across ? -column : -e.across;
    int right = e.columns - 1 - column < e.across ? e.columns - 1 - column : e.across;
    size_t count = ((size_t)(right - left) + 1) * lanes_of_code;
    for (int y = top; y <= bottom; y++) {
        size_t shift = (size_t)(y + e.down) * (2 * (size_t)e.across + 1);
        shift += (size_t)(left + e.across);
        const float *from = gram + shift * lanes_of_code;
        float *to = d->gradient + (size_t)((row + y) * e.columns + column + left) * lanes_of_code;
        for (size_t i = 0; i < count; i++)
            to[i] -= by * from[i];
    }
    d->gradient[at] -= by * (float)(2 * d->problem->alpha);
}

// One update in the next square; true when a code moved.
static bool update(descent *d, square *s)
{
    int side = d->problem->geometry.kernel;
    s->left = s->right;
    if (s->left >= d->extent.columns) {
        s->left = 0;
        s->top = s->bottom >= d->extent.rows ? 0 : s->bottom;
    }
    s->right = s->left + side < d->extent.columns ? s->left + side : d->extent.columns;
    s->bottom = s->top + side < d->extent.rows ? s->top + side : d->extent.rows;
    size_t at = farthest(d, s);
    float next = best_value(d, at), by = next - d->code[at];
    if (by == 0) return false;
    move(d, at, by);
    d->code[at] = next;
    return true;
}

static void solve(const void *settings, const inference *p, float *code, void *scratch,
                  inference_result *result)
{
    const coordinate_config *c = settings;
    descent d;
    open_descent(&d, p, code, scratch);
    look_around(&d);
    double goal = c->gap * objective_at_zero(p);
    square s = {.bottom = d.extent.rows, .right = d.extent.columns}; // the next is the first
    int side = p->geometry.kernel, done = 0;
    int squares = ((d.extent.rows - 1) / side + 1) * ((d.extent.columns - 1) / side + 1);
    int per_iteration = p->geometry.atoms > squares ? p->geometry.atoms : squares;
    bool moved = true;
    for (; moved && done < c->iterations && d.energy - d.dual > goal; done++) {
        moved = false;
        for (int i = 0; i < per_iteration; i++)
            moved |= update(&d, &s);
        look_around(&d);
    }
    *result = (inference_result){.iterations = done,
                                 .energy = d.energy,
                                 .reconstruction = d.reconstruction,
                                 .gap = objective_relative_gap(p, d.energy, d.dual),
                                 .nonzeros = d.nonzeros};
}

const solver_type solver_coordinate_descent = {
    .name = "coordinate_descent",
    .help = "locally greedy, by the atoms' Gram tensor; L1 without a mask",
    .fields = fields,
    .config_size = sizeof(coordinate_config),
    .check = check,
    .prepared_bytes = prepared_bytes,
    .prepare = prepare,
    .scratch_bytes = scratch_bytes,
    .solve = solve,
};
