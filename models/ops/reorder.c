// models/ops/reorder.c -- the same tensor in another layout; dx is dy in x's layout.
//   x, y (n, c, h, w), x in the layout it comes in, y in blocks of `block`
// The graph puts it before operations whose inputs come in different layouts.
#include "models/kernels/layout.h"
#include "models/graph/op.h"

typedef struct reorder_config {
    int64_t block;
} reorder_config;

static const config_field fields[] = {{"block", FIELD_INT, offsetof(reorder_config, block), NULL, 1,
                                       16, NULL, "channels side by side in the result: 1, 8 or 16"},
                                      {0}};

// scratch: the tensor in block 1
static status plan(const void *settings, op_plan *p)
{
    int block = (int)((const reorder_config *)settings)->block;
    CHECK((block == 1 || block == 8 || block == 16) && p->in[0].c % block == 0, ST_CONFIG,
          "reorder: expects a block of 1, 8 or 16 that divides the %d channels, got %d", p->in[0].c,
          block);
    p->out = p->in[0];
    p->out_block = block;
    p->scratch_bytes = shape_count(p->out) * sizeof(float);
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    layout_to_plain(p->out, p->in_block[0], run->in[0], run->scratch);
    layout_from_plain(p->out, p->out_block, run->scratch, run->out);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    if (run->din[0] == NULL) return;
    layout_to_plain(p->out, p->out_block, run->dout, run->scratch);
    layout_from_plain(p->out, p->in_block[0], run->scratch, run->din[0]);
}

const op_type op_reorder = {
    .name = "reorder",
    .examples = {"{block: 1}", "{block: 8}", "{block: 16}"},
    .example_in = {{2, 16, 3, 3}},
    .fields = fields,
    .config_size = sizeof(reorder_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
