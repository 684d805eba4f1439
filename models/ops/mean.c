// models/ops/mean.c -- the mean of what belongs together.
//   of: numbers   y[n] = mean over c, h, w of x[n,c,h,w], y (n, 1, 1, 1); any layout
//   of: channels  y[n,0,h,w] = mean over c,               y (n, 1, h, w); block 1
//   of: rows      y[i] = mean of rows i g .. i g + g - 1,  y (n / g, c, h, w); any layout, g =
//                 group
//   dx = dy / how many, at each of them
#include "models/graph/op.h"

#include <string.h>

typedef struct mean_config {
    char of[CONFIG_TEXT_SIZE];
    int64_t group;
} mean_config;

static const config_field fields[] = {
    {"of", FIELD_TEXT, offsetof(mean_config, of), "numbers", 0, 0, "numbers|channels|rows",
     "what is averaged: all numbers of a sample, its channels, or rows of the batch"},
    {"group", FIELD_INT, offsetof(mean_config, group), "0", 0, 1 << 30, NULL,
     "rows that are averaged, as they follow each other; 0 = all"},
    {0}};

// x as (outer, many, inner), of which `many` are averaged.
typedef struct groups {
    size_t outer, many, inner;
} groups;

static size_t group_of(const mean_config *c, const op_plan *p)
{
    return c->group > 0 ? (size_t)c->group : (size_t)p->in[0].n;
}

static groups groups_of(const void *settings, const op_plan *p)
{
    const mean_config *c = settings;
    size_t n = (size_t)p->in[0].n, channels = (size_t)p->in[0].c;
    size_t floats = shape_count(p->in[0]) / n;
    if (strcmp(c->of, "rows") == 0) return (groups){n / group_of(c, p), group_of(c, p), floats};
    if (strcmp(c->of, "channels") == 0) return (groups){n, channels, floats / channels};
    return (groups){n, floats, 1};
}

static status plan(const void *settings, op_plan *p)
{
    const mean_config *c = settings;
    shape x = p->in[0];
    p->out = (shape){x.n, 1, 1, 1};
    p->out_block = 1;
    if (strcmp(c->of, "rows") == 0) {
        CHECK((size_t)x.n % group_of(c, p) == 0, ST_CONFIG,
              "mean: %d rows are no whole number of groups of %lld", x.n, (long long)c->group);
        p->out = x;
        p->out.n = x.n / (int)group_of(c, p);
        p->out_block = p->in_block[0];
    } else if (strcmp(c->of, "channels") == 0) {
        CHECK(p->in_block[0] == 1, ST_CONFIG,
              "mean: channels are averaged in block 1; put a reorder before it");
        p->out = (shape){x.n, 1, x.h, x.w};
    }
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    groups g = groups_of(settings, p);
    for (size_t o = 0; o < g.outer; o++)
        for (size_t i = 0; i < g.inner; i++) {
            const float *x = run->in[0] + o * g.many * g.inner + i;
            double sum = 0;
            for (size_t k = 0; k < g.many; k++)
                sum += (double)x[k * g.inner];
            run->out[o * g.inner + i] = (float)(sum / (double)g.many);
        }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    if (run->din[0] == NULL) return;
    groups g = groups_of(settings, p);
    float share = 1.0f / (float)g.many;
    float *dx = run->din[0];
    for (size_t o = 0; o < g.outer; o++)
        for (size_t k = 0; k < g.many; k++)
            for (size_t i = 0; i < g.inner; i++)
                *dx++ = share * run->dout[o * g.inner + i];
}

const op_type op_mean = {
    .name = "mean",
    .examples = {"{}", "{of: channels}", "{of: rows}", "{of: rows, group: 2}"},
    .example_in = {{4, 3, 2, 3}},
    .fields = fields,
    .config_size = sizeof(mean_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
