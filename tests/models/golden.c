// tests/models/golden.c -- comparing graphs with numbers that PyTorch made.
#include "tests/models/golden.h"

#include <math.h>
#include <stdlib.h>

// value i = offset + scale x (a hash of i and the name, in [-0.5, 0.5)).
static void fill(const char *name, size_t count, double scale, double offset, float *values)
{
    int key = 0;
    for (const char *c = name; *c != '\0'; c++)
        key = (key * 31 + *c) % 1009;
    for (size_t i = 0; i < count; i++) {
        double x = sin(12.9898 * (double)i + 78.233 * key) * 43758.5453;
        values[i] = (float)((x - floor(x) - 0.5) * scale + offset);
    }
}

float *filled(const char *name, size_t count, double scale)
{
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    fill(name, count, scale, 0.0, values);
    return values;
}

float *filled_unit_vectors(const char *name, int count, int dim)
{
    float *values = filled(name, (size_t)count * (size_t)dim, 2.0);
    for (int i = 0; i < count; i++) {
        float *v = values + (size_t)i * (size_t)dim;
        double squares = 0;
        for (int c = 0; c < dim; c++)
            squares += (double)v[c] * (double)v[c];
        for (int c = 0; c < dim; c++)
            v[c] = (float)((double)v[c] / sqrt(squares));
    }
    return values;
}

void fill_parameters(const graph *g, float *params)
{
    const graph_param *p;
    for (int i = 0; (p = graph_param_at(g, i)) != NULL; i++) {
        float *values = params + p->offset;
        bool is_weight = strcmp(p->spec.name, "weight") == 0;
        if (p->spec.rank > 1)
            fill(p->name, p->count, sqrt(24.0 * p->spec.dims[0] / (double)p->count), 0.0, values);
        else
            fill(p->name, p->count, is_weight ? 0.4 : 0.2, is_weight ? 1.0 : 0.0, values);
    }
}

static double norm_of(const float *x, size_t count)
{
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += (double)x[i] * (double)x[i];
    return sqrt(squares);
}

void assert_close(const char *what, const float *x, const double *golden, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs(golden[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)x[i] - golden[i]) <= 1e-4 * most))
            fail_msg("%s: %.9g at %zu, PyTorch has %.9g", what, (double)x[i], i, golden[i]);
}

void assert_sample(const golden_sample *golden, const graph_param *p, const float *flat)
{
    assert_string_equal(golden->name, p->name);
    assert_int_equal(golden->count, p->count);
    const float *x = flat + p->offset;
    if (golden->norm < 1e-9 && norm_of(x, p->count) < 1e-6) return;
    if (!(fabs(norm_of(x, p->count) - golden->norm) <= 1e-4 * golden->norm))
        fail_msg("%s: norm %.9g, PyTorch has %.9g", p->name, norm_of(x, p->count), golden->norm);
    const size_t places[3] = {0, p->count / 2, p->count - 1};
    for (int i = 0; i < 3; i++) {
        double scale = fmax(golden->norm / sqrt((double)p->count), fabs(golden->values[i]));
        if (!(fabs((double)x[places[i]] - golden->values[i]) <= 1e-4 * scale))
            fail_msg("%s: %.9g at %zu, PyTorch has %.9g", p->name, (double)x[places[i]], places[i],
                     golden->values[i]);
    }
}

const golden_sample *find_sample(const golden_sample *list, const char *name)
{
    while (list->name != NULL && strcmp(list->name, name) != 0)
        list++;
    if (list->name == NULL) fail_msg("%s is not among the golden numbers", name);
    return list;
}

float *zeros(size_t count)
{
    float *x = calloc(count + 1, sizeof *x);
    assert_non_null(x);
    return x;
}
