// models/ops/quantise.c -- each pixel's vector of channels becomes the nearest row of a codebook.
//   k = argmin_k |x - e_k|^2 (the first of equals),  y = e_k;  de_k += dy,  dx = 0
//   x, y (n, c, h, w) in block 1, codebook (codes, c)
// y does not change with x but where k does, so no gradient reaches x. The straight-through
// estimator is y plus a detach: x + detach(y - x) has the value of y and hands its gradient to x.
//   source: van den Oord, Vinyals, Kavukcuoglu 2017 (arXiv 1711.00937) eq. 1-3; first codes are
//   uniform in +-1/codes, as in its code
#include "models/kernels/matmul.h"
#include "models/graph/op.h"

typedef struct quantise_config {
    int64_t codes;
} quantise_config;

static const config_field fields[] = {{"codes", FIELD_INT, offsetof(quantise_config, codes), NULL,
                                       1, 1 << 24, NULL, "rows of the codebook"},
                                      {0}};

// Vectors that go through one product: those of a sample's pixels, or all where a sample has one.
static size_t rows_of(const op_plan *p)
{
    shape x = p->in[0];
    return x.h * x.w == 1 ? (size_t)x.n : (size_t)x.h * (size_t)x.w;
}

// saved: k of each pixel (n h w), int32. scratch: see workspace.
static status plan(const void *settings, op_plan *p)
{
    const quantise_config *c = settings;
    shape x = p->in[0];
    size_t codes = (size_t)c->codes, rows = rows_of(p);
    CHECK(p->in_block[0] == 1 || x.h * x.w == 1, ST_CONFIG,
          "quantise: expects its input in block 1; put a reorder before it");
    p->out = x;
    p->out_block = 1;
    p->param_count = 1;
    p->params[0] =
        (op_param){"codebook", 2, {(int)c->codes, x.c}, INIT_UNIFORM, 1.0f / (float)codes, false};
    if (p->backward) p->saved_bytes = shape_count(x) / (size_t)x.c * sizeof(int32_t);
    p->scratch_bytes = (rows * ((size_t)x.c + codes) + codes) * sizeof(float);
    return ST_OK;
}

typedef struct workspace {
    float *vectors;      // (rows, c)
    float *products;     // (rows, codes), of vectors and codes
    float *half_squares; // (codes), of the codes' lengths
} workspace;

static workspace workspace_of(const op_plan *p, void *scratch)
{
    workspace w = {.vectors = scratch};
    w.products = w.vectors + rows_of(p) * (size_t)p->in[0].c;
    w.half_squares = w.products + rows_of(p) * (size_t)p->params[0].dims[0];
    return w;
}

static void measure_codes(const op_plan *p, const float *codebook, float *half_squares)
{
    size_t codes = (size_t)p->params[0].dims[0], channels = (size_t)p->in[0].c;
    for (size_t k = 0; k < codes; k++) {
        double sum = 0;
        for (size_t c = 0; c < channels; c++)
            sum += (double)codebook[k * channels + c] * (double)codebook[k * channels + c];
        half_squares[k] = (float)(0.5 * sum);
    }
}

// The code with the largest x.e_k - |e_k|^2 / 2, which is the nearest.
static int32_t nearest(const float *products, const float *half_squares, int codes)
{
    int32_t best = 0;
    for (int32_t k = 1; k < codes; k++)
        if (products[k] - half_squares[k] > products[best] - half_squares[best]) best = k;
    return best;
}

// Where channel 0 of vector `row` of the batch lies; its channels are `pixels` apart.
static size_t place_of(size_t row, size_t pixels, size_t channels)
{
    return row / pixels * channels * pixels + row % pixels;
}

// Vectors first .. first + rows - 1.
static void choose(const op_plan *p, const op_run *run, const workspace *w, size_t first)
{
    size_t rows = rows_of(p), channels = (size_t)p->in[0].c, codes = (size_t)p->params[0].dims[0];
    size_t pixels = (size_t)p->in[0].h * (size_t)p->in[0].w;
    const float *codebook = run->params[0];
    int32_t *chosen = run->saved;
    for (size_t i = 0; i < rows; i++)
        for (size_t c = 0; c < channels; c++)
            w->vectors[i * channels + c] =
                run->in[0][place_of(first + i, pixels, channels) + c * pixels];
    matmul(false, true, (int)rows, (int)codes, (int)channels, 1.0f, w->vectors, codebook, 0.0f,
           w->products);
    for (size_t i = 0; i < rows; i++) {
        int32_t k = nearest(w->products + i * codes, w->half_squares, (int)codes);
        if (p->backward) chosen[first + i] = k;
        float *y = run->out + place_of(first + i, pixels, channels);
        for (size_t c = 0; c < channels; c++)
            y[c * pixels] = codebook[(size_t)k * channels + c];
    }
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    workspace w = workspace_of(p, run->scratch);
    size_t all = shape_count(p->in[0]) / (size_t)p->in[0].c;
    measure_codes(p, run->params[0], w.half_squares);
    for (size_t first = 0; first < all; first += rows_of(p))
        choose(p, run, &w, first);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t channels = (size_t)p->in[0].c, pixels = (size_t)p->in[0].h * (size_t)p->in[0].w;
    const int32_t *chosen = run->saved;
    size_t count = shape_count(p->in[0]);
    for (size_t i = 0; i < count && run->din[0] != NULL; i++)
        run->din[0][i] = 0.0f;
    for (size_t row = 0; row < count / channels && run->dparams[0] != NULL; row++) {
        const float *dy = run->dout + place_of(row, pixels, channels);
        for (size_t c = 0; c < channels; c++)
            run->dparams[0][(size_t)chosen[row] * channels + c] += dy[c * pixels];
    }
}

const op_type op_quantise = {
    .name = "quantise",
    .examples = {"{codes: 5}", "{codes: 1}"},
    .example_in = {{2, 3, 2, 2}},
    .fields = fields,
    .config_size = sizeof(quantise_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
