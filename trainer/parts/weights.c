// trainer/parts/weights.c -- two flat arrays in one arena.
#include "trainer/parts/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

status weights_create(weights *w, graph *g)
{
    *w = (weights){.prefix = LEARNED_PREFIX,
                   .graph = g,
                   .param_count = graph_param_count(g),
                   .statistic_count = graph_statistic_count(g)};
    size_t param_bytes = w->param_count * sizeof(float);
    size_t statistic_bytes = w->statistic_count * sizeof(float);
    size_t tensors = 0;
    while (graph_param_at(g, (int)tensors) != NULL)
        tensors++;
    size_t rate_bytes = tensors * sizeof(float);
    TRY(arena_create(&w->memory,
                     arena_padded(param_bytes) + arena_padded(statistic_bytes) +
                         arena_padded(rate_bytes),
                     "parameters"));
    w->params = arena_take(&w->memory, param_bytes);
    w->statistics = arena_take(&w->memory, statistic_bytes);
    w->rates = arena_take(&w->memory, rate_bytes);
    for (size_t i = 0; i < tensors; i++)
        w->rates[i] = 1;
    graph_bind(g, w->params, w->statistics);
    return ST_OK;
}

void weights_destroy(weights *w)
{
    arena_destroy(&w->memory);
    *w = (weights){0};
}

static void describe(const graph_param *p, const char *prefix, float *flat, checkpoint_array *array)
{
    float *data = flat + p->offset;
    *array = (checkpoint_array){.type = ARRAY_F32, .rank = p->spec.rank, .data = data};
    int length = snprintf(array->name, sizeof array->name, "%s/%s", prefix, p->name);
    ASSERT(length < (int)sizeof array->name);
    for (int d = 0; d < p->spec.rank; d++)
        array->dims[d] = (uint64_t)p->spec.dims[d];
}

size_t weights_describe_params(const weights *w, const char *prefix, float *flat,
                               checkpoint_array *arrays)
{
    int count = 0;
    for (; graph_param_at(w->graph, count) != NULL; count++)
        if (arrays != NULL) describe(graph_param_at(w->graph, count), prefix, flat, &arrays[count]);
    return (size_t)count;
}

size_t weights_describe_statistics(const weights *w, const char *prefix, checkpoint_array *arrays)
{
    int count = 0;
    for (; graph_statistic_at(w->graph, count) != NULL; count++)
        if (arrays != NULL)
            describe(graph_statistic_at(w->graph, count), prefix, w->statistics, &arrays[count]);
    return (size_t)count;
}

static status read_arrays(const char *path, checkpoint_array *arrays, size_t count)
{
    checkpoint *file = NULL;
    TRY(checkpoint_open(&file, path));
    status s = ST_OK;
    for (size_t i = 0; i < count && s == ST_OK; i++)
        s = checkpoint_read(file, &arrays[i]);
    checkpoint_close(file);
    return s;
}

status weights_read(weights *w, const char *path)
{
    size_t params = weights_describe_params(w, w->prefix, w->params, NULL);
    size_t count = params + weights_describe_statistics(w, w->prefix, NULL);
    checkpoint_array *arrays = calloc(count + 1, sizeof *arrays);
    CHECK(arrays != NULL, ST_INTERNAL, "no memory for the list of a checkpoint's arrays");
    weights_describe_params(w, w->prefix, w->params, arrays);
    weights_describe_statistics(w, w->prefix, arrays + params);
    status s = read_arrays(path, arrays, count);
    free(arrays);
    return s;
}

// Scales each row of a (rows, count) matrix to length 1.
static void normalise_rows(float *matrix, size_t rows, size_t count)
{
    for (size_t r = 0; r < rows; r++) {
        float *row = matrix + r * count;
        double square = 0;
        for (size_t i = 0; i < count; i++)
            square += (double)row[i] * (double)row[i];
        if (square == 0) continue;
        float scale = (float)(1 / sqrt(square));
        for (size_t i = 0; i < count; i++)
            row[i] *= scale;
    }
}

void weights_constrain(weights *w)
{
    const graph_param *p;
    for (int i = 0; (p = graph_param_at(w->graph, i)) != NULL; i++)
        if (p->constraint == CONSTRAINT_UNIT_ROWS) {
            size_t rows = (size_t)p->spec.dims[0];
            normalise_rows(w->params + p->offset, rows, p->count / rows);
        }
}

void weights_follow(weights *slow, const weights *fast, float keep)
{
    parameters_follow(&graph_parameters(slow->graph)->learned, slow->params,
                      &graph_parameters(fast->graph)->learned, fast->params, keep);
}

void weights_copy_statistics(weights *to, const weights *from)
{
    parameters_follow(&graph_parameters(to->graph)->statistics, to->statistics,
                      &graph_parameters(from->graph)->statistics, from->statistics, 0);
}

void weights_average(float *restrict average, const float *restrict newest, size_t count,
                     float keep)
{
    float take = 1.0f - keep;
    for (size_t i = 0; i < count; i++)
        average[i] = keep * average[i] + take * newest[i];
}
