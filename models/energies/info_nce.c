// models/energies/info_nce.c -- the cross entropy of finding a query's key among negatives.
//   E_i = -log( exp(q_i.k_i / T) / (exp(q_i.k_i / T) + sum_j exp(q_i.n_j / T)) )
//   q, k (b, d, 1, 1): queries and their keys, unit vectors; n (K, d, 1, 1): negatives
//   E (b, 1, 1, 1), in nats;  ln(K+1) by chance
//   with a fourth input a (b, K, 1, 1), added to the logits q_i.n_j / T: -infinity masks a negative
//   dE_i/dq_i = (sum_j p_ij n_j + (p_i+ - 1) k_i) / T,  dE_i/dk_i = (p_i+ - 1) q_i / T
//   dE_i/dn_j = p_ij q_i / T,  dE_i/da_ij = p_ij,  with the softmax p over the K+1 logits
//   source: van den Oord et al. 2018 (arXiv 1807.03748) eq. 4; He et al. 2019 (1911.05722) eq. 1
// The statistic `accuracy` is the share of queries whose own key comes first.
#include "models/kernels/matmul.h"
#include "models/kernels/softmax.h"
#include "models/graph/op.h"

#include <math.h>
#include <string.h>

typedef struct info_nce_config {
    double temperature;
} info_nce_config;

static const config_field fields[] = {{"temperature", FIELD_REAL,
                                       offsetof(info_nce_config, temperature), "0.1", 1e-4, 100,
                                       NULL, "T, divides the similarities"},
                                      {0}};

enum { QUERY, KEY, NEGATIVES, ADDED };

// saved (scratch without a backward pass): p (b, K), then p_i+ - 1 (b)
static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    shape q = p->in[QUERY], k = p->in[KEY], n = p->in[NEGATIVES];
    CHECK(q.n == k.n && q.c == k.c && n.c == q.c && q.h * q.w * k.h * k.w * n.h * n.w == 1,
          ST_CONFIG,
          "info_nce: expects queries and keys of equal shape and negatives of the same dimension, "
          "got %d x %d, %d x %d and %d x %d",
          q.n, q.c, k.n, k.c, n.n, n.c);
    shape added = p->in[ADDED];
    CHECK(p->input_count <= ADDED || shape_equal(added, (shape){q.n, n.n, 1, 1}), ST_CONFIG,
          "info_nce: expects %d x %d added to the logits, got %d x %d x %d x %d", q.n, n.n, added.n,
          added.c, added.h, added.w);
    p->out = (shape){q.n, 1, 1, 1};
    p->out_block = 1;
    size_t softmax_bytes = ((size_t)q.n * (size_t)n.n + (size_t)q.n) * sizeof(float);
    p->saved_bytes = p->backward ? softmax_bytes : 0;
    p->scratch_bytes = p->backward ? (size_t)q.n * (size_t)q.c * sizeof(float) : softmax_bytes;
    for (int i = 0; i < 3; i++)
        p->backward_reads_input[i] = true;
    p->statistic_count = 1;
    p->statistics[0] = (op_param){"accuracy", 1, {1}, INIT_CONSTANT, 0.0f, false};
    return ST_OK;
}

static float dot(const float *a, const float *b, int count)
{
    float sum = 0;
    for (int i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

// Row of logits (K) becomes probabilities; returns the energy. *first: the key beats all negatives.
static float softmax_row(float *row, int count, float positive, float *positive_minus_one,
                         bool *first)
{
    float most = largest(row, (size_t)count, positive);
    *first = positive >= most;
    double own = exp((double)(positive - most));
    double sum = own + exponentials(row, (size_t)count, most);
    float inverse = (float)(1.0 / sum);
    for (int j = 0; j < count; j++)
        row[j] *= inverse;
    *positive_minus_one = (float)(own / sum - 1.0);
    return (float)(log(sum) + (double)most - (double)positive);
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    int b = p->in[QUERY].n, d = p->in[QUERY].c, count = p->in[NEGATIVES].n;
    float scale = (float)(1.0 / ((const info_nce_config *)settings)->temperature);
    const float *q = run->in[QUERY], *k = run->in[KEY];
    float *logits = p->backward ? run->saved : run->scratch,
          *positive_minus_one = logits + (size_t)b * (size_t)count;
    const float *added = run->in[ADDED];
    if (added != NULL) memcpy(logits, added, (size_t)b * (size_t)count * sizeof *logits);
    matmul(false, true, b, count, d, scale, q, run->in[NEGATIVES], added != NULL ? 1.0f : 0.0f,
           logits);
    int firsts = 0;
    for (int i = 0; i < b; i++) {
        bool first;
        float positive = scale * dot(q + (size_t)i * (size_t)d, k + (size_t)i * (size_t)d, d);
        run->out[i] = softmax_row(logits + (size_t)i * (size_t)count, count, positive,
                                  &positive_minus_one[i], &first);
        firsts += first;
    }
    if (run->training && run->batch_statistics[0] != NULL)
        *run->batch_statistics[0] = (float)firsts / (float)b;
}

// gradient_i = weight_i * x_i * dE_i / T, or added to it
static void scale_rows(const op_plan *p, const op_run *run, float scale, const float *weights,
                       const float *x, float *gradient, bool add)
{
    size_t d = (size_t)p->in[QUERY].c;
    for (int i = 0; i < p->in[QUERY].n; i++) {
        float factor = scale * run->dout[i] * (weights != NULL ? weights[i] : 1.0f);
        for (size_t c = (size_t)i * d; c < (size_t)(i + 1) * d; c++)
            gradient[c] = factor * x[c] + (add ? gradient[c] : 0.0f);
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    int b = p->in[QUERY].n, d = p->in[QUERY].c, count = p->in[NEGATIVES].n;
    float scale = (float)(1.0 / ((const info_nce_config *)settings)->temperature);
    const float *probability = run->saved;
    const float *positive_minus_one = probability + (size_t)b * (size_t)count;
    if (run->din[QUERY] != NULL) {
        float *pulled = run->scratch; // (b, d): sum_j p_ij n_j
        matmul(false, false, b, d, count, 1.0f, probability, run->in[NEGATIVES], 0.0f, pulled);
        scale_rows(p, run, scale, NULL, pulled, run->din[QUERY], false);
        scale_rows(p, run, scale, positive_minus_one, run->in[KEY], run->din[QUERY], true);
    }
    if (run->din[KEY] != NULL)
        scale_rows(p, run, scale, positive_minus_one, run->in[QUERY], run->din[KEY], false);
    if (run->din[NEGATIVES] != NULL) {
        float *weighted = run->scratch; // (b, d): q_i dE_i / T
        scale_rows(p, run, scale, NULL, run->in[QUERY], weighted, false);
        matmul(true, false, count, d, b, 1.0f, probability, weighted, 0.0f, run->din[NEGATIVES]);
    }
    if (run->din[ADDED] != NULL)
        for (size_t i = 0; i < (size_t)b * (size_t)count; i++)
            run->din[ADDED][i] = run->dout[i / (size_t)count] * probability[i];
}

const op_type energy_info_nce = {
    .name = "info_nce",
    .examples = {"{temperature: 0.5}", "{temperature: 1}"},
    .example_in = {{5, 6, 1, 1}, {5, 6, 1, 1}, {9, 6, 1, 1}, {5, 9, 1, 1}},
    .fields = fields,
    .config_size = sizeof(info_nce_config),
    .min_inputs = 3,
    .max_inputs = 4,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
