// models/ops/weighted_sum.c -- y = w1 x1 + w2 x2 + ...;  dx_i = w_i dy.
//   x_i, y (n, c, h, w), all in the same layout
#include "models/graph/op.h"

typedef struct weighted_sum_config {
    double first, second, third, fourth;
} weighted_sum_config;

#define WEIGHT(name)                                                                               \
    {                                                                                              \
#name, FIELD_REAL, offsetof(weighted_sum_config, name), "1", -1e30, 1e30, NULL,            \
            "factor of the " #name " input"                                                        \
    }

static const config_field fields[] = {
    WEIGHT(first), WEIGHT(second), WEIGHT(third), WEIGHT(fourth), {0}};

static float weight(const void *settings, int input)
{
    const weighted_sum_config *c = settings;
    const double weights[] = {c->first, c->second, c->third, c->fourth};
    return (float)weights[input];
}

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    for (int i = 1; i < p->input_count; i++)
        CHECK(shape_equal(p->in[0], p->in[i]) && p->in_block[0] == p->in_block[i], ST_CONFIG,
              "weighted_sum: expects inputs of one shape and layout, but input %d differs from "
              "the first",
              i + 1);
    p->out = p->in[0];
    p->out_block = p->in_block[0];
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    size_t count = shape_count(p->out);
    float *restrict y = run->out;
    for (int i = 0; i < p->input_count; i++) {
        const float *restrict x = run->in[i];
        float w = weight(settings, i);
        for (size_t k = 0; k < count; k++)
            y[k] = i == 0 ? w * x[k] : y[k] + w * x[k];
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    size_t count = shape_count(p->out);
    for (int i = 0; i < p->input_count; i++) {
        float *restrict dx = run->din[i];
        if (dx == NULL) continue;
        float w = weight(settings, i);
        for (size_t k = 0; k < count; k++)
            dx[k] = w * run->dout[k];
    }
}

const op_type op_weighted_sum = {
    .name = "weighted_sum",
    .examples = {"{}", "{first: 0.5, second: -2, third: 3}"},
    .example_in = {{2, 3, 4, 5}, {2, 3, 4, 5}, {2, 3, 4, 5}, {2, 3, 4, 5}},
    .fields = fields,
    .config_size = sizeof(weighted_sum_config),
    .min_inputs = 1,
    .max_inputs = OP_MAX_INPUTS,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
