// tests/models/golden.h -- comparing graphs with numbers that PyTorch made (tests/golden/), and the
// formula by which both sides fill weights and inputs.
#ifndef TESTS_MODELS_GOLDEN_H
#define TESTS_MODELS_GOLDEN_H

#include "tests/check.h"

#include "models/graph/graph.h"

// A tensor's size, norm and first, middle and last value.
typedef struct golden_sample {
    const char *name;
    int count;
    double norm, values[3];
} golden_sample;

// value i = scale x (a hash of i and the name, in [-0.5, 0.5)). To be freed.
float *filled(const char *name, size_t count, double scale);

// The same as `count` rows of length 1.
float *filled_unit_vectors(const char *name, int count, int dim);

// To be freed.
float *zeros(size_t count);

// All parameters of the graph, by their names.
void fill_parameters(const graph *g, float *params);

// Within 1e-4 of the largest value.
void assert_close(const char *what, const float *x, const double *golden, size_t count);

// The norm within 1e-4, values within 1e-4 of the root mean square or of themselves. What is 0 but
// for rounding in PyTorch (a bias in front of batch norm) is nearly 0.
void assert_sample(const golden_sample *golden, const graph_param *p, const float *flat);

// In a list that ends with name == NULL.
const golden_sample *find_sample(const golden_sample *list, const char *name);

#endif
