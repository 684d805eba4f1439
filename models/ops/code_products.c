// models/ops/code_products.c -- passes codes on and gathers what online dictionary learning needs
// of them (models/codes/code_products.h).
//   out = z;  dz = dout;  dy = 0
//   z (n, K, h, w), y (n, C, h + k - 1, w + k - 1): atoms wholly inside the image
//   statistics, means over samples: codes (K, K, places), images (K, C, k, k)
#include "models/codes/code_products.h"
#include "models/graph/op.h"

#include <string.h>

enum { CODES, IMAGES };

typedef struct products_config {
    int64_t kernel;
} products_config;

static const config_field fields[] = {{"kernel", FIELD_INT, offsetof(products_config, kernel), NULL,
                                       1, 255, NULL, "height and width of an atom, pixels"},
                                      {0}};

static dictionary_geometry geometry(const void *settings, const op_plan *p)
{
    int kernel = (int)((const products_config *)settings)->kernel;
    return (dictionary_geometry){p->in[0].c, p->in[1].c, kernel, p->in[1].h, p->in[1].w};
}

static status plan(const void *settings, op_plan *p)
{
    dictionary_geometry g = geometry(settings, p);
    shape z = p->in[0], y = p->in[1];
    CHECK(p->in_block[0] == 1 && p->in_block[1] == 1, ST_CONFIG,
          "code_products: takes codes and images in blocks of 1, got %d and %d", p->in_block[0],
          p->in_block[1]);
    CHECK(y.n == z.n && y.h == z.h + g.kernel - 1 && y.w == z.w + g.kernel - 1, ST_CONFIG,
          "code_products: codes of %d x %d and atoms of %d pixels need images of %d x %d, got "
          "%d x %d",
          z.h, z.w, g.kernel, z.h + g.kernel - 1, z.w + g.kernel - 1, y.h, y.w);
    p->out = z;
    p->out_block = 1;
    p->statistic_count = 2;
    p->statistics[CODES] =
        (op_param){.name = "codes", .rank = 3, .dims = {z.c, z.c, code_products_places(&g)}};
    p->statistics[IMAGES] =
        (op_param){.name = "images", .rank = 4, .dims = {z.c, y.c, g.kernel, g.kernel}};
    p->scratch_bytes = (size_t)z.c * (size_t)z.h * (size_t)z.w * sizeof(placed_code);
    return ST_OK;
}

static void scale(float *x, size_t count, float by)
{
    for (size_t i = 0; i < count; i++)
        x[i] *= by;
}

static void gather(const dictionary_geometry *g, const op_plan *p, const op_run *run)
{
    float *a = run->batch_statistics[CODES], *b = run->batch_statistics[IMAGES];
    size_t atoms = (size_t)g->atoms, square = (size_t)g->kernel * (size_t)g->kernel;
    size_t a_floats = atoms * atoms * (size_t)code_products_places(g);
    size_t b_floats = atoms * (size_t)g->channels * square;
    size_t samples = (size_t)p->in[0].n;
    size_t code = shape_count(p->in[0]) / samples, image = shape_count(p->in[1]) / samples;
    memset(a, 0, a_floats * sizeof *a);
    memset(b, 0, b_floats * sizeof *b);
    for (size_t n = 0; n < samples; n++)
        code_products_add(g, run->in[0] + n * code, run->in[1] + n * image, run->scratch, a, b);
    scale(a, a_floats, 1.0f / (float)samples);
    scale(b, b_floats, 1.0f / (float)samples);
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    dictionary_geometry g = geometry(settings, p);
    memcpy(run->out, run->in[0], shape_count(p->out) * sizeof(float));
    if (run->training && run->batch_statistics[CODES] != NULL) gather(&g, p, run);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    if (run->din[0] != NULL) memcpy(run->din[0], run->dout, shape_count(p->out) * sizeof(float));
    if (run->din[1] != NULL) memset(run->din[1], 0, shape_count(p->in[1]) * sizeof(float));
}

const op_type op_code_products = {
    .name = "code_products",
    .examples = {"{kernel: 3}"},
    .example_in = {{2, 5, 4, 3}, {2, 2, 6, 5}},
    .fields = fields,
    .config_size = sizeof(products_config),
    .min_inputs = 2,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
