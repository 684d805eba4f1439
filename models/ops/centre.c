// models/ops/centre.c -- takes from each feature its mean over the samples of all workers.
//   y_ij = x_ij - (1 / V n) sum of x_kj over the n rows of all V workers;  x, y (views n, d, 1, 1)
//   The rows are the n samples of the first view, then those of the second; views centre apart.
//   dx_ij = dy_ij - (1 / V n) sum of dy_kj over the same rows
#include "models/graph/op.h"

typedef struct centre_config {
    int64_t views;
} centre_config;

static const config_field fields[] = {{"views", FIELD_INT, offsetof(centre_config, views), "1", 1,
                                       64, NULL, "blocks of rows, each centred for itself"},
                                      {0}};

static int views_of(const void *settings)
{
    return (int)((const centre_config *)settings)->views;
}

static status plan(const void *settings, op_plan *p)
{
    shape x = p->in[0];
    int views = views_of(settings);
    CHECK(x.n % views == 0 && x.h * x.w == 1, ST_CONFIG,
          "centre: expects vectors, rows of %d views, got %d x %d x %d x %d", views, x.n, x.c, x.h,
          x.w);
    p->out = x;
    p->out_block = 1;
    op_meeting meeting = {.floats = (size_t)views * (size_t)x.c};
    p->forward_meeting = p->backward_meeting = meeting;
    return ST_OK;
}

// sums (views, d) of the rows of each view.
static void sum_rows(const void *settings, const op_plan *p, const float *rows, float *sums)
{
    int views = views_of(settings), n = p->in[0].n / views, d = p->in[0].c;
    for (int v = 0; v < views; v++)
        for (int j = 0; j < d; j++) {
            double sum = 0;
            for (int i = 0; i < n; i++)
                sum += (double)rows[(size_t)(v * n + i) * (size_t)d + (size_t)j];
            sums[v * d + j] = (float)sum;
        }
}

// to = from - sums / (V n).
static void subtract_means(const void *settings, const op_plan *p, const float *from,
                           const float *sums, float *to)
{
    int views = views_of(settings), n = p->in[0].n / views, d = p->in[0].c;
    float share = 1.0f / (float)(n * p->workers);
    for (int row = 0; row < views * n; row++)
        for (int j = 0; j < d; j++) {
            size_t at = (size_t)row * (size_t)d + (size_t)j;
            to[at] = from[at] - share * sums[row / n * d + j];
        }
}

static void forward_part(const void *settings, const op_plan *p, const op_run *run)
{
    sum_rows(settings, p, run->in[0], run->part);
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    subtract_means(settings, p, run->in[0], run->total, run->out);
}

static void backward_part(const void *settings, const op_plan *p, const op_run *run)
{
    sum_rows(settings, p, run->dout, run->part);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    if (run->din[0] != NULL) subtract_means(settings, p, run->dout, run->total, run->din[0]);
}

const op_type op_centre = {
    .name = "centre",
    .examples = {"{}", "{views: 2}"},
    .example_in = {{6, 7, 1, 1}},
    .fields = fields,
    .config_size = sizeof(centre_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .forward_part = forward_part,
    .backward_part = backward_part,
};
