// models/ops/slice.c -- some of the rows, or of the channels.
//   along rows:     y = x[first .. first + count - 1, :, :, :]
//   along channels: y = x[:, first .. first + count - 1, :, :]
//   x (n, c, h, w); along channels in block 1. dx is dy there, else 0.
#include "models/graph/op.h"

#include <string.h>

enum { CHANNELS, ROWS };

typedef struct slice_config {
    int along; // CHANNELS | ROWS
    int64_t first, count;
} slice_config;

static const config_field fields[] = {
    {"along", FIELD_CHOICE, offsetof(slice_config, along), "channels", 0, 0, "channels|rows",
     "what is cut"},
    {"first", FIELD_INT, offsetof(slice_config, first), "0", 0, 1 << 30, NULL, "of those kept"},
    {"count", FIELD_INT, offsetof(slice_config, count), NULL, 1, 1 << 30, NULL, "how many"},
    {0}};

// x as `outer` runs of which `kept` floats from `start` on are y's.
typedef struct cut {
    size_t outer, run, start, kept;
} cut;

static cut cut_of(const void *settings, const op_plan *p)
{
    const slice_config *c = settings;
    shape x = p->in[0];
    size_t pixels = (size_t)x.h * (size_t)x.w, row = (size_t)x.c * pixels;
    if (c->along == ROWS)
        return (cut){1, (size_t)x.n * row, (size_t)c->first * row, (size_t)c->count * row};
    return (cut){(size_t)x.n, row, (size_t)c->first * pixels, (size_t)c->count * pixels};
}

static status plan(const void *settings, op_plan *p)
{
    const slice_config *c = settings;
    bool rows = c->along == ROWS;
    int64_t all = rows ? p->in[0].n : p->in[0].c;
    CHECK(c->first + c->count <= all, ST_CONFIG, "slice: wants %s %lld to %lld of %lld",
          rows ? "rows" : "channels", (long long)c->first, (long long)(c->first + c->count - 1),
          (long long)all);
    CHECK(rows || p->in_block[0] == 1, ST_CONFIG,
          "slice: channels are cut in block 1; put a reorder before it");
    p->out = p->in[0];
    *(rows ? &p->out.n : &p->out.c) = (int)c->count;
    p->out_block = p->in_block[0];
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    cut c = cut_of(settings, p);
    for (size_t i = 0; i < c.outer; i++)
        memcpy(run->out + i * c.kept, run->in[0] + i * c.run + c.start, c.kept * sizeof(float));
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    if (run->din[0] == NULL) return;
    cut c = cut_of(settings, p);
    memset(run->din[0], 0, c.outer * c.run * sizeof(float));
    for (size_t i = 0; i < c.outer; i++)
        memcpy(run->din[0] + i * c.run + c.start, run->dout + i * c.kept, c.kept * sizeof(float));
}

const op_type op_slice = {
    .name = "slice",
    .examples = {"{count: 3}", "{first: 2, count: 4}", "{along: rows, first: 1, count: 2}"},
    .example_in = {{3, 6, 2, 3}},
    .fields = fields,
    .config_size = sizeof(slice_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
