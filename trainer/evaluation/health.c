// trainer/evaluation/health.c -- uniformity, effective rank and deviation of rows of features.
#include "trainer/evaluation/health.h"

#include "base/pulse.h"

#include "models/kernels/singular_values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int health_choose(const float *rows, uint64_t count, int dim, float *chosen)
{
    uint64_t kept = count < HEALTH_ROWS ? count : HEALTH_ROWS;
    size_t width = (size_t)dim;
    for (uint64_t i = 0; i < kept; i++)
        memcpy(chosen + i * width, rows + i * count / kept * width, width * sizeof *chosen);
    return (int)kept;
}

// In LANES partial sums of fixed order, which fill a vector register.
#define LANES 8

static double squared_distance(const float *x, const float *y, int dim)
{
    double part[LANES] = {0};
    int i = 0;
    for (; i + LANES <= dim; i += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            double difference = (double)x[i + lane] - (double)y[i + lane];
            part[lane] += difference * difference;
        }
    for (; i < dim; i++)
        part[0] += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++)
        sum += part[lane];
    return sum;
}

double health_uniformity(const float *rows, int count, int dim)
{
    double potential = 0;
    for (int i = 0; i < count; i++) {
        pulse_tick();
        for (int j = i + 1; j < count; j++)
            potential += exp(-2 * squared_distance(rows + (size_t)i * (size_t)dim,
                                                   rows + (size_t)j * (size_t)dim, dim));
    }
    return log(potential / (0.5 * count * (count - 1)));
}

double health_alignment(const float *x, const float *y, int count, int dim)
{
    double sum = 0;
    for (int i = 0; i < count; i++) {
        size_t at = (size_t)i * (size_t)dim;
        sum += squared_distance(x + at, y + at, dim);
    }
    return sum / count;
}

double health_effective_rank(const float *singular_values, int count)
{
    double sum = 0, entropy = 0;
    for (int i = 0; i < count; i++)
        sum += (double)singular_values[i];
    if (sum <= 0) return 0;
    for (int i = 0; i < count; i++) {
        double share = (double)singular_values[i] / sum;
        if (share > 0) entropy -= share * log(share);
    }
    return exp(entropy);
}

double health_deviation(const float *rows, int count, int dim)
{
    double sum = 0;
    for (int i = 0; i < dim; i++) {
        double mean = 0, square = 0;
        for (int r = 0; r < count; r++)
            mean += (double)rows[(size_t)r * (size_t)dim + (size_t)i] / count;
        for (int r = 0; r < count; r++) {
            double off = (double)rows[(size_t)r * (size_t)dim + (size_t)i] - mean;
            square += off * off / count;
        }
        sum += sqrt(square);
    }
    return sum / sqrt(dim);
}

status health_measure(float *rows, int count, int dim, health *found)
{
    ASSERT(count >= 2 && dim >= 1);
    for (size_t i = 0; i < (size_t)count * (size_t)dim; i++)
        CHECK(isfinite(rows[i]), ST_DIVERGED,
              "the features of test images are not finite; go on from an earlier checkpoint with a "
              "smaller learning rate");
    int values = count < dim ? count : dim;
    float *singular = malloc((size_t)values * sizeof *singular);
    CHECK(singular != NULL, ST_INTERNAL, "no memory for %d singular values", values);
    found->uniformity = health_uniformity(rows, count, dim);
    found->deviation = health_deviation(rows, count, dim);
    status s = singular_values(rows, count, dim, singular);
    if (s == ST_OK) found->effective_rank = health_effective_rank(singular, values);
    free(singular);
    return s;
}
