// models/energies/variance_covariance.c -- features must vary, and not tell the same twice.
//   C = sum of z z' / (N - 1) over the rows of a view of all workers, N = V n; z (views n, d, 1, 1)
//   centred (models/ops/centre.c), the n rows of the first view, then those of the second
//   E = sum over views of  std / d  sum_j max(0, 1 - sqrt(C_jj + eps))
//                        + cov / (d (d - 1))  sum_{i != j} C_ij^2
//   Every row of the output (views n, 1, 1, 1) is E, so that their mean is.
//   dz = (sum of dE over all rows of all workers) 2 / (N - 1) z G,  G = dE/dC
//   source: Bardes, Ponce, LeCun 2022 (arXiv 2105.04906) eq. 1 to 4; the mean over i != j and
//   eps 1e-4 as EB-JEPA (arXiv 2602.03604), the paper itself divides by d
// The statistics std and cov are the two sums without their factors.
#include "models/graph/op.h"
#include "models/kernels/matmul.h"

#include <math.h>

typedef struct variance_covariance_config {
    int64_t views;
    double std, cov, eps;
} variance_covariance_config;

static const config_field fields[] = {{"views", FIELD_INT,
                                       offsetof(variance_covariance_config, views), "1", 1, 64,
                                       NULL, "blocks of rows, each with a C of its own"},
                                      {"std", FIELD_REAL, offsetof(variance_covariance_config, std),
                                       "1", 0, 1e12, NULL, "factor of the hinge on deviations"},
                                      {"cov", FIELD_REAL, offsetof(variance_covariance_config, cov),
                                       "1", 0, 1e12, NULL, "factor of the squared covariances"},
                                      {"eps", FIELD_REAL, offsetof(variance_covariance_config, eps),
                                       "1e-4", 1e-12, 1, NULL, "added to variances"},
                                      {0}};

enum { STATISTIC_STD, STATISTIC_COV };

static status plan(const void *settings, op_plan *p)
{
    const variance_covariance_config *c = settings;
    shape z = p->in[0];
    CHECK(z.n % c->views == 0 && z.h * z.w == 1 && z.c > 1 && z.n / c->views * p->workers > 1,
          ST_CONFIG,
          "variance_covariance: expects at least 2 vectors of at least 2 features, rows of %lld "
          "views, got %d x %d x %d x %d",
          (long long)c->views, z.n, z.c, z.h, z.w);
    size_t matrices = (size_t)c->views * (size_t)z.c * (size_t)z.c;
    p->out = (shape){z.n, 1, 1, 1};
    p->out_block = 1;
    p->backward_reads_input[0] = true;
    p->forward_meeting = (op_meeting){.floats = matrices};
    p->backward_meeting = (op_meeting){.floats = 1};
    p->saved_bytes = p->backward ? matrices * sizeof(float) : 0; // G
    p->statistic_count = 2;
    p->statistics[STATISTIC_STD] = (op_param){"std", 1, {1}, INIT_CONSTANT, 0.0f, false};
    p->statistics[STATISTIC_COV] = (op_param){"cov", 1, {1}, INIT_CONSTANT, 0.0f, false};
    return ST_OK;
}

static void forward_part(const void *settings, const op_plan *p, const op_run *run)
{
    const variance_covariance_config *c = settings;
    int n = p->in[0].n / (int)c->views, d = p->in[0].c;
    size_t rows = (size_t)n * (size_t)d, matrix = (size_t)d * (size_t)d;
    for (size_t v = 0; v < (size_t)c->views; v++) {
        const float *z = run->in[0] + v * rows;
        matmul(true, false, d, d, n, 1.0f, z, z, 0.0f, run->part + v * matrix);
    }
}

// 1 / (N - 1).
static double share_of(const void *settings, const op_plan *p)
{
    const variance_covariance_config *c = settings;
    return 1 / ((double)p->in[0].n / (double)c->views * p->workers - 1);
}

// One view's sums; gradient (d, d): G, or NULL.
static void measure(const variance_covariance_config *c, size_t d, double share,
                    const float *products, float *gradient, double *hinge, double *squares)
{
    double pairs = (double)d * (double)(d - 1);
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < d; j++) {
            double value = share * (double)products[i * d + j], slope;
            if (i != j) {
                *squares += value * value / pairs;
                slope = c->cov * 2 * value / pairs;
            } else {
                double deviation = sqrt(value + c->eps);
                *hinge += fmax(0, 1 - deviation) / (double)d;
                slope = deviation < 1 ? -c->std / (2 * deviation * (double)d) : 0;
            }
            if (gradient != NULL) gradient[i * d + j] = (float)slope;
        }
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    const variance_covariance_config *c = settings;
    size_t d = (size_t)p->in[0].c;
    double hinge = 0, squares = 0, share = share_of(settings, p);
    for (size_t v = 0; v < (size_t)c->views; v++)
        measure(c, d, share, run->total + v * d * d,
                p->backward ? (float *)run->saved + v * d * d : NULL, &hinge, &squares);
    for (int row = 0; row < p->out.n; row++)
        run->out[row] = (float)(c->std * hinge + c->cov * squares);
    if (!run->training) return;
    if (run->batch_statistics[STATISTIC_STD] != NULL)
        *run->batch_statistics[STATISTIC_STD] = (float)hinge;
    if (run->batch_statistics[STATISTIC_COV] != NULL)
        *run->batch_statistics[STATISTIC_COV] = (float)squares;
}

static void backward_part(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    double sum = 0;
    for (int row = 0; row < p->out.n; row++)
        sum += (double)run->dout[row];
    *run->part = (float)sum;
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    const variance_covariance_config *c = settings;
    if (run->din[0] == NULL) return;
    int n = p->in[0].n / (int)c->views, d = p->in[0].c;
    size_t rows = (size_t)n * (size_t)d, matrix = (size_t)d * (size_t)d;
    float factor = (float)(2 * share_of(settings, p) * (double)*run->total);
    for (size_t v = 0; v < (size_t)c->views; v++)
        matmul(false, false, n, d, d, factor, run->in[0] + v * rows,
               (const float *)run->saved + v * matrix, 0.0f, run->din[0] + v * rows);
}

const op_type energy_variance_covariance = {
    .name = "variance_covariance",
    .examples = {"{}", "{std: 0.5, cov: 2}", "{views: 2, std: 3}"},
    .example_in = {{6, 5, 1, 1}},
    .fields = fields,
    .config_size = sizeof(variance_covariance_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .forward_part = forward_part,
    .backward_part = backward_part,
};
