// models/energies/view_distance.c -- how far the views of a sample lie from their mean.
//   E_vi = |z_vi - m_i|^2 / d,  m_i = (1 / views) sum_v z_vi
//   z (views n, d, 1, 1), E (views n, 1, 1, 1)
//   The rows are the n samples of the first view, then those of the second, and so on.
//   Two views: 4 times its mean is the mean squared difference of the two.
//   dz_vi = (2 / d) (e_vi (z_vi - m_i) - (1 / views) sum_u e_ui (z_ui - m_i)),  e = dE
//   source: Balestriero & LeCun 2025 (arXiv 2511.08544), the invariance of LeJEPA
#include "models/graph/op.h"

typedef struct view_distance_config {
    int64_t views;
} view_distance_config;

static const config_field fields[] = {
    {"views", FIELD_INT, offsetof(view_distance_config, views), "2", 2, 64, NULL, "of each sample"},
    {0}};

static int views_of(const void *settings)
{
    return (int)((const view_distance_config *)settings)->views;
}

static status plan(const void *settings, op_plan *p)
{
    shape z = p->in[0];
    int views = views_of(settings);
    CHECK(z.n % views == 0 && z.h * z.w == 1, ST_CONFIG,
          "view_distance: expects vectors, rows of %d views, got %d x %d x %d x %d", views, z.n,
          z.c, z.h, z.w);
    p->out = (shape){z.n, 1, 1, 1};
    p->out_block = 1;
    p->backward_reads_input[0] = true;
    return ST_OK;
}

// Entry j of the mean over the views of sample i; `step`: floats from one view to the next.
static double mean_at(const float *z, int views, size_t step)
{
    double sum = 0;
    for (int v = 0; v < views; v++)
        sum += (double)z[(size_t)v * step];
    return sum / views;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    int views = views_of(settings), n = p->in[0].n / views;
    size_t d = (size_t)p->in[0].c, step = (size_t)n * d;
    for (int i = 0; i < n; i++)
        for (int v = 0; v < views; v++) {
            const float *z = run->in[0] + (size_t)i * d;
            double square = 0;
            for (size_t j = 0; j < d; j++) {
                double apart = (double)z[(size_t)v * step + j] - mean_at(z + j, views, step);
                square += apart * apart;
            }
            run->out[v * n + i] = (float)(square / (double)d);
        }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    if (run->din[0] == NULL) return;
    int views = views_of(settings), n = p->in[0].n / views;
    size_t d = (size_t)p->in[0].c, step = (size_t)n * d;
    for (int i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            const float *z = run->in[0] + (size_t)i * d + j;
            float *dz = run->din[0] + (size_t)i * d + j;
            double mean = mean_at(z, views, step), all = 0;
            for (int v = 0; v < views; v++)
                all += (double)run->dout[v * n + i] * ((double)z[(size_t)v * step] - mean);
            for (int v = 0; v < views; v++) {
                double own = (double)run->dout[v * n + i] * ((double)z[(size_t)v * step] - mean);
                dz[(size_t)v * step] = (float)(2 / (double)d * (own - all / views));
            }
        }
}

const op_type energy_view_distance = {
    .name = "view_distance",
    .examples = {"{}", "{views: 3}"},
    .example_in = {{6, 7, 1, 1}},
    .fields = fields,
    .config_size = sizeof(view_distance_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
