// models/energies/squared_error.c -- E_i = weight |a_i - b_i|^2;  dE_i/da_i = 2 weight (a_i - b_i).
//   a, b (n, c, h, w) in one layout; E (n, 1, 1, 1)
#include "models/graph/op.h"

typedef struct error_config {
    double weight;
} error_config;

static const config_field fields[] = {{"weight", FIELD_REAL, offsetof(error_config, weight), "0.5",
                                       0, 1e12, NULL, "of the squared distance"},
                                      {0}};

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    shape a = p->in[0], b = p->in[1];
    CHECK(shape_equal(a, b) && p->in_block[0] == p->in_block[1], ST_CONFIG,
          "squared_error: expects two inputs of one shape and layout, got %d x %d x %d x %d and %d "
          "x %d x %d x %d",
          a.n, a.c, a.h, a.w, b.n, b.c, b.h, b.w);
    p->out = (shape){a.n, 1, 1, 1};
    p->out_block = 1;
    p->backward_reads_input[0] = p->backward_reads_input[1] = true;
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    double weight = ((const error_config *)settings)->weight;
    size_t count = shape_count(p->in[0]) / (size_t)p->in[0].n;
    for (size_t n = 0; n < (size_t)p->in[0].n; n++) {
        const float *a = run->in[0] + n * count, *b = run->in[1] + n * count;
        double sum = 0;
        for (size_t i = 0; i < count; i++) {
            double difference = (double)a[i] - (double)b[i];
            sum += difference * difference;
        }
        run->out[n] = (float)(weight * sum);
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    float weight = (float)((const error_config *)settings)->weight;
    size_t count = shape_count(p->in[0]) / (size_t)p->in[0].n;
    for (int side = 0; side < 2; side++) {
        if (run->din[side] == NULL) continue;
        for (size_t n = 0; n < (size_t)p->in[0].n; n++) {
            float factor = 2 * weight * run->dout[n];
            const float *a = run->in[side] + n * count, *b = run->in[1 - side] + n * count;
            float *d = run->din[side] + n * count;
            for (size_t i = 0; i < count; i++)
                d[i] = factor * (a[i] - b[i]);
        }
    }
}

const op_type energy_squared_error = {
    .name = "squared_error",
    .examples = {"{}", "{weight: 2}"},
    .example_in = {{3, 2, 4, 3}, {3, 2, 4, 3}},
    .fields = fields,
    .config_size = sizeof(error_config),
    .min_inputs = 2,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
