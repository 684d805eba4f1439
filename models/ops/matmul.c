// models/ops/matmul.c -- the product of two matrices, whose rows are samples.
//   rows: true    Y = A B',  a (n, c, 1, 1), b (m, c, 1, 1), y (n, m, 1, 1): all products of rows
//                 dA = dY B,  dB = dY' A
//   rows: false   Y = A B,   a (n, m, 1, 1), b (m, c, 1, 1), y (n, c, 1, 1): rows of b, mixed by a
//                 dA = dY B', dB = A' dY
#include "models/kernels/matmul.h"
#include "models/graph/op.h"

typedef struct matmul_config {
    bool rows;
} matmul_config;

static const config_field fields[] = {{"rows", FIELD_BOOL, offsetof(matmul_config, rows), "true", 0,
                                       0, NULL,
                                       "products of rows with rows; false: of rows with columns"},
                                      {0}};

static bool of_rows(const void *settings)
{
    return ((const matmul_config *)settings)->rows;
}

static status plan(const void *settings, op_plan *p)
{
    shape a = p->in[0], b = p->in[1];
    CHECK(a.h * a.w * b.h * b.w == 1, ST_CONFIG,
          "matmul: expects vectors (n, c, 1, 1), got images of %d x %d and %d x %d; pool or "
          "reshape them",
          a.h, a.w, b.h, b.w);
    CHECK(a.c == (of_rows(settings) ? b.c : b.n), ST_CONFIG,
          "matmul: rows of %d numbers do not fit a matrix of %d x %d%s", a.c, b.n, b.c,
          of_rows(settings) ? ", transposed" : "");
    p->out = (shape){a.n, of_rows(settings) ? b.n : b.c, 1, 1};
    p->out_block = 1;
    p->backward_reads_input[0] = p->backward_reads_input[1] = true;
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    matmul(false, of_rows(settings), p->out.n, p->out.c, p->in[0].c, 1.0f, run->in[0], run->in[1],
           0.0f, run->out);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    bool rows = of_rows(settings);
    int n = p->out.n, m = p->out.c, inner = p->in[0].c;
    const float *a = run->in[0], *b = run->in[1], *dy = run->dout;
    if (run->din[0] != NULL) matmul(false, !rows, n, inner, m, 1.0f, dy, b, 0.0f, run->din[0]);
    if (run->din[1] == NULL) return;
    if (rows)
        matmul(true, false, m, inner, n, 1.0f, dy, a, 0.0f, run->din[1]);
    else
        matmul(true, false, inner, m, n, 1.0f, a, dy, 0.0f, run->din[1]);
}

const op_type op_matmul = {
    .name = "matmul",
    .examples = {"{}", "{rows: false}"},
    .example_in = {{3, 4, 1, 1}, {4, 4, 1, 1}},
    .fields = fields,
    .config_size = sizeof(matmul_config),
    .min_inputs = 2,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
