// models/energies/nt_xent.c -- the cross entropy of finding a view's partner among all other views.
//   E_i = -log( exp(z_i.z_p / T) / sum_{k != i} exp(z_i.z_k / T) ),  i = 0 .. own-1
//   z (N, d, 1, 1): unit vectors of all views, the own ones first; own is even, N >= own
//   p = i + own/2 mod own: the own rows are first views of own/2 samples, then their second views
//   E (own, 1, 1, 1), in nats;  ln(N-1) by chance
//   dE_i/dz_i = (sum_k g_ik z_k) / T,  dE_i/dz_k = g_ik z_i / T,
//   g_ik = softmax_ik - [k = p], g_ii = 0
//   source: Chen et al. 2020 (arXiv 2002.05709) eq. 1
// The statistic `accuracy` is the share of views whose partner comes first.
#include "models/kernels/matmul.h"
#include "models/kernels/softmax.h"
#include "models/graph/op.h"

#include <math.h>
#include <string.h>

typedef struct nt_xent_config {
    int64_t own;
    double temperature;
} nt_xent_config;

static const config_field fields[] = {{"own", FIELD_INT, offsetof(nt_xent_config, own), "2", 2,
                                       1 << 30, NULL, "the first so many rows are the own views"},
                                      {"temperature", FIELD_REAL,
                                       offsetof(nt_xent_config, temperature), "0.5", 1e-4, 100,
                                       NULL, "T, divides the similarities"},
                                      {0}};

static int own_of(const void *settings)
{
    return (int)((const nt_xent_config *)settings)->own;
}

static float scale_of(const void *settings)
{
    return (float)(1.0 / ((const nt_xent_config *)settings)->temperature);
}

// saved (scratch without a backward pass): softmax (own, N); the rest of scratch: g (own, N)
static status plan(const void *settings, op_plan *p)
{
    shape z = p->in[0];
    int own = own_of(settings);
    CHECK(own % 2 == 0 && own <= z.n && z.h * z.w == 1, ST_CONFIG,
          "nt_xent: expects vectors of at least %d views, two a sample, got %d x %d x %d x %d", own,
          z.n, z.c, z.h, z.w);
    p->out = (shape){own, 1, 1, 1};
    p->out_block = 1;
    p->scratch_bytes = (size_t)own * (size_t)z.n * sizeof(float);
    p->saved_bytes = p->backward ? p->scratch_bytes : 0;
    p->backward_reads_input[0] = true;
    p->statistic_count = 1;
    p->statistics[0] = (op_param){"accuracy", 1, {1}, INIT_CONSTANT, 0.0f, false};
    return ST_OK;
}

static int partner_of(int view, int own)
{
    return (view + own / 2) % own;
}

// Similarities (count) of view `self` become probabilities, its own 0; returns the energy. *first:
// no other view is nearer than the partner.
static float softmax_row(float *row, int count, int self, int partner, bool *first)
{
    row[self] = -INFINITY;
    float positive = row[partner];
    float most = largest(row, (size_t)count, positive);
    *first = positive >= most;
    double sum = exponentials(row, (size_t)count, most);
    float inverse = (float)(1.0 / sum);
    for (int k = 0; k < count; k++)
        row[k] *= inverse;
    return (float)(log(sum) + (double)most - (double)positive);
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    int own = own_of(settings), count = p->in[0].n;
    float *similarities = p->backward ? run->saved : run->scratch;
    matmul(false, true, own, count, p->in[0].c, scale_of(settings), run->in[0], run->in[0], 0.0f,
           similarities);
    int firsts = 0;
    for (int i = 0; i < own; i++) {
        bool first;
        run->out[i] = softmax_row(similarities + (size_t)i * (size_t)count, count, i,
                                  partner_of(i, own), &first);
        firsts += first;
    }
    if (run->training && run->batch_statistics[0] != NULL)
        *run->batch_statistics[0] = (float)firsts / (float)own;
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    if (run->din[0] == NULL) return;
    int own = own_of(settings), count = p->in[0].n, d = p->in[0].c;
    const float *probabilities = run->saved;
    float *g = run->scratch, scale = scale_of(settings);
    for (int i = 0; i < own; i++) {
        float *row = g + (size_t)i * (size_t)count;
        for (int k = 0; k < count; k++)
            row[k] = run->dout[i] * probabilities[(size_t)i * (size_t)count + (size_t)k];
        row[partner_of(i, own)] -= run->dout[i];
    }
    matmul(true, false, count, d, own, scale, g, run->in[0], 0.0f, run->din[0]);
    matmul(false, false, own, d, count, scale, g, run->in[0], 1.0f, run->din[0]);
}

const op_type energy_nt_xent = {
    .name = "nt_xent",
    .examples = {"{own: 4, temperature: 0.5}", "{own: 6, temperature: 1}"},
    .example_in = {{6, 7, 1, 1}},
    .fields = fields,
    .config_size = sizeof(nt_xent_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
