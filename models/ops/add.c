// models/ops/add.c -- y = x1 + x2 or x1 - x2;  dx1 = dy, dx2 = dy or -dy.
//   x1, x2, y (n, c, h, w), all in the same layout
#include "models/graph/op.h"

#include <string.h>

enum { PLUS, MINUS };

typedef struct add_config {
    int sign; // PLUS | MINUS
} add_config;

static const config_field fields[] = {{"sign", FIELD_CHOICE, offsetof(add_config, sign), "plus", 0,
                                       0, "plus|minus", "of the second input"},
                                      {0}};

static bool subtracts(const void *settings)
{
    return ((const add_config *)settings)->sign == MINUS;
}

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    shape a = p->in[0], b = p->in[1];
    CHECK(shape_equal(a, b) && p->in_block[0] == p->in_block[1], ST_CONFIG,
          "add: expects two inputs of one shape and layout, got %d x %d x %d x %d in blocks of %d "
          "and %d x %d x %d x %d in blocks of %d",
          a.n, a.c, a.h, a.w, p->in_block[0], b.n, b.c, b.h, b.w, p->in_block[1]);
    p->out = a;
    p->out_block = p->in_block[0];
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    size_t count = shape_count(p->out);
    const float *restrict a = run->in[0], *restrict b = run->in[1];
    float *restrict y = run->out;
    float sign = subtracts(settings) ? -1.0f : 1.0f;
    for (size_t i = 0; i < count; i++)
        y[i] = a[i] + sign * b[i];
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    size_t count = shape_count(p->out);
    if (run->din[0] != NULL) memcpy(run->din[0], run->dout, count * sizeof(float));
    if (run->din[1] == NULL) return;
    float sign = subtracts(settings) ? -1.0f : 1.0f;
    for (size_t i = 0; i < count; i++)
        run->din[1][i] = sign * run->dout[i];
}

const op_type op_add = {
    .name = "add",
    .examples = {"{}", "{sign: minus}"},
    .example_in = {{2, 3, 4, 5}, {2, 3, 4, 5}},
    .fields = fields,
    .config_size = sizeof(add_config),
    .min_inputs = 2,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
