// trainer/streams/whitening.c -- moments of training views, chunk by chunk, and the matrix they
// give.
#include "trainer/streams/whitening.h"

#include "base/pulse.h"

#include "io/views/loader.h"
#include "models/kernels/matmul.h"
#include "models/kernels/symmetric_eigen.h"

#include <math.h>
#include <stdlib.h>

#define CHUNK_ROWS 256

// Room and running sums of one data set's views.
typedef struct moments {
    size_t dim;
    void *pixels;         // one stored image
    float *rows;          // (CHUNK_ROWS, dim) views
    float *products;      // (dim, dim) of a chunk
    double *sum;          // (dim)
    double *covariance;   // (dim, dim) sum of x x^T, in the end the covariance
    float *mean, *matrix; // the results, the caller's
} moments;

static status take_room(moments *m, size_t sample_bytes)
{
    size_t square = m->dim * m->dim;
    m->pixels = malloc(sample_bytes);
    m->rows = calloc(CHUNK_ROWS * m->dim, sizeof *m->rows);
    m->products = calloc(square, sizeof *m->products);
    m->sum = calloc(m->dim, sizeof *m->sum);
    m->covariance = calloc(square, sizeof *m->covariance);
    CHECK(m->pixels != NULL && m->rows != NULL && m->products != NULL && m->sum != NULL &&
              m->covariance != NULL,
          ST_INTERNAL, "no memory to whiten views of %zu numbers", m->dim);
    return ST_OK;
}

static void add_chunk(moments *m, int rows)
{
    int dim = (int)m->dim;
    for (int r = 0; r < rows; r++)
        for (size_t i = 0; i < m->dim; i++)
            m->sum[i] += (double)m->rows[(size_t)r * m->dim + i];
    matmul(true, false, dim, dim, rows, 1.0f, m->rows, m->rows, 0.0f, m->products);
    for (size_t i = 0; i < m->dim * m->dim; i++)
        m->covariance[i] += (double)m->products[i];
}

// Sums over `count` of `all` samples, in the order of storage; each image is read once.
static status add_samples(moments *m, augmenter *a, dataset *data, const job *j, uint64_t all,
                          uint64_t count)
{
    uint64_t per_image = loader_samples(1, (uint64_t)j->data.patches), held = UINT64_MAX;
    image_size size = {0};
    int rows = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t sample = i * all / count;
        if (sample / per_image != held) {
            held = sample / per_image;
            TRY(dataset_read_sized(data, held, m->pixels, &size));
            augmenter_take(a, m->pixels, size);
        }
        augmenter_view_unwhitened(a, (uint64_t)j->seed, 0, sample, 0,
                                  m->rows + (size_t)rows * m->dim);
        if (++rows < CHUNK_ROWS && i + 1 < count) continue;
        add_chunk(m, rows);
        pulse_tick();
        rows = 0;
    }
    return ST_OK;
}

static void finish_moments(moments *m, uint64_t count)
{
    double share = 1.0 / (double)count;
    for (size_t i = 0; i < m->dim; i++)
        m->sum[i] *= share;
    for (size_t i = 0; i < m->dim; i++) {
        m->mean[i] = (float)m->sum[i];
        for (size_t k = 0; k < m->dim; k++) {
            double *at = &m->covariance[i * m->dim + k];
            *at = *at * share - m->sum[i] * m->sum[k];
        }
    }
}

// Scaled by (l + epsilon)^-1/4 the eigenvectors' products are W. values (dim), scaled (dim, dim):
// room.
static status multiply_vectors(double *covariance, int dim, double epsilon, double *values,
                               float *scaled, float *matrix)
{
    size_t size = (size_t)dim;
    TRY(symmetric_eigen(covariance, dim, values));
    for (size_t i = 0; i < size; i++) {
        double scale = pow(fmax(values[i], 0) + epsilon, -0.25);
        for (size_t k = 0; k < size; k++)
            scaled[i * size + k] = (float)(scale * covariance[i * size + k]);
    }
    matmul(true, false, dim, dim, dim, 1.0f, scaled, scaled, 0.0f, matrix);
    return ST_OK;
}

status whitening_matrix(double *covariance, int dim, double epsilon, float *matrix)
{
    double *values = calloc((size_t)dim, sizeof *values);
    float *scaled = calloc((size_t)dim * (size_t)dim, sizeof *scaled);
    status s = ST_OK;
    if (values == NULL || scaled == NULL)
        s = failure(ST_INTERNAL, "no memory to whiten views of %d numbers", dim);
    else
        s = multiply_vectors(covariance, dim, epsilon, values, scaled, matrix);
    free(values);
    free(scaled);
    return s;
}

status whitening_check(const job *j, size_t dim)
{
    CHECK(dim <= WHITENING_MAX_DIM, ST_CONFIG,
          "data.augment=%s: views of %zu numbers are too large to whiten, which takes a matrix of "
          "that size; at most %d; take a smaller data.size",
          j->data.augment, dim, WHITENING_MAX_DIM);
    return ST_OK;
}

static status find_whitening(moments *m, const job *j, dataset *data, augmenter *a)
{
    const dataset_info *info = dataset_get_info(data);
    TRY(take_room(m, info->sample_bytes));
    uint64_t all = loader_samples(info->count, (uint64_t)j->data.patches);
    uint64_t count = all < WHITENING_SAMPLES ? all : WHITENING_SAMPLES;
    TRY(add_samples(m, a, data, j, all, count));
    finish_moments(m, count);
    return whitening_matrix(m->covariance, (int)m->dim, augmenter_whitening_epsilon(a), m->matrix);
}

// NOLINTNEXTLINE(readability-non-const-parameter): both are written to
status whitening_learn(const job *j, dataset *data, augmenter *a, float *mean, float *matrix)
{
    size_t dim =
        (size_t)augmenter_channels(a) * (size_t)augmenter_height(a) * (size_t)augmenter_width(a);
    ASSERT(dim <= WHITENING_MAX_DIM);
    moments m = {.dim = dim, .mean = mean, .matrix = matrix};
    status s = find_whitening(&m, j, data, a);
    free(m.pixels);
    free(m.rows);
    free(m.products);
    free(m.sum);
    free(m.covariance);
    return s;
}
