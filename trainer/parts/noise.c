// trainer/parts/noise.c -- draws for each row of a worker's batch.
#include "trainer/parts/noise.h"

#include "base/rng.h"

static rng open_row(const model_input *input, const model_moment *at, int row)
{
    const method_setup *s = at->setup;
    uint64_t first = (uint64_t)(s->workers.first + at->own) * (uint64_t)input->shape.n;
    uint32_t which = (uint32_t)(input->number * LOADER_MAX_VIEWS + at->pass);
    return rng_open(s->seed, RNG_NOISE, (uint32_t)at->step->step, first + (uint64_t)row, which);
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

int model_normal_noise(model *m, const char *name, shape s)
{
    return model_add_input(m, name, s, (model_input){.fill = fill_normal});
}

int model_mask_noise(model *m, const char *name, shape s, double keep)
{
    return model_add_input(m, name, s, (model_input){.fill = fill_mask, .rate = keep});
}
