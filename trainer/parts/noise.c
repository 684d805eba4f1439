// trainer/parts/noise.c -- draws for each row of a worker's batch.
#include "trainer/parts/noise.h"

#include "base/rng.h"

#include <math.h>

static rng open_stream(const model_input *input, const model_moment *at, uint64_t row)
{
    uint32_t which = (uint32_t)input->number * LOADER_MAX_VIEWS + (uint32_t)at->pass;
    return rng_open(at->setup->seed, RNG_NOISE, (uint32_t)at->step->step, row, which);
}

// Of row `row` of the worker's.
static rng open_row(const model_input *input, const model_moment *at, int row)
{
    uint64_t worker = (uint64_t)at->setup->workers.first + (uint64_t)at->own;
    return open_stream(input, at, worker * (uint64_t)input->shape.n + (uint64_t)row);
}

static void fill_normal(const void *state, const model_moment *at, float *rows)
{
    const model_input *input = state;
    size_t floats = input->floats / (size_t)input->shape.n;
    for (int row = 0; row < input->shape.n; row++) {
        rng r = open_row(input, at, row);
        rng_normals(&r, rows + (size_t)row * floats, floats);
    }
}

static void fill_mask(const void *state, const model_moment *at, float *rows)
{
    const model_input *input = state;
    size_t floats = input->floats / (size_t)input->shape.n;
    for (int row = 0; row < input->shape.n; row++) {
        rng r = open_row(input, at, row);
        for (size_t i = 0; i < floats; i++)
            rows[(size_t)row * floats + i] = (double)rng_uniform(&r) < input->rate ? 1.0f : 0.0f;
    }
}

static void fill_directions(const void *state, const model_moment *at, float *rows)
{
    const model_input *input = state;
    size_t dim = (size_t)input->shape.c;
    for (int d = 0; d < input->shape.n; d++) {
        float *row = rows + (size_t)d * dim;
        rng r = open_stream(input, at, (uint64_t)d);
        double square = 0;
        rng_normals(&r, row, dim);
        for (size_t i = 0; i < dim; i++)
            square += (double)row[i] * (double)row[i];
        float scale = (float)(1 / fmax(sqrt(square), 1e-12));
        for (size_t i = 0; i < dim; i++)
            row[i] *= scale;
    }
}

int model_normal_noise(model *m, const char *name, shape s)
{
    return model_add_input(m, name, s, (model_input){.fill = fill_normal});
}

int model_mask_noise(model *m, const char *name, shape s, double keep)
{
    return model_add_input(m, name, s, (model_input){.fill = fill_mask, .rate = keep});
}

int model_directions(model *m, const char *name, int count, int dim)
{
    return model_add_input(m, name, (shape){count, dim, 1, 1},
                           (model_input){.fill = fill_directions});
}
