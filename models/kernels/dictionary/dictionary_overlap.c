// models/kernels/dictionary/dictionary_overlap.c -- see dictionary_overlap.h.
#include "models/kernels/dictionary/dictionary_overlap.h"

#include <math.h>
#include <stddef.h>

double dictionary_overlap(const float *one, const float *two, int channels, int k, int dy, int dx)
{
    double sum = 0;
    size_t plane = (size_t)k * (size_t)k;
    for (int c = 0; c < channels; c++, one += plane, two += plane)
        for (int y = dy > 0 ? dy : 0; y < k && y - dy < k; y++)
            for (int x = dx > 0 ? dx : 0; x < k && x - dx < k; x++)
                sum += (double)one[y * k + x] * (double)two[(y - dy) * k + x - dx];
    return sum;
}

static double largest_overlap(const float *one, const float *two, int channels, int k)
{
    int reach = k - 1 < COHERENCE_REACH ? k - 1 : COHERENCE_REACH;
    double most = 0;
    for (int dy = -reach; dy <= reach; dy++)
        for (int dx = -reach; dx <= reach; dx++)
            most = fmax(most, fabs(dictionary_overlap(one, two, channels, k, dy, dx)));
    return most;
}

double dictionary_coherence(const float *atoms, int count, int channels, int k)
{
    size_t size = (size_t)channels * (size_t)k * (size_t)k;
    double sum = 0, pairs = (double)count * (count - 1) / 2;
    for (size_t one = 0; one < (size_t)count; one++)
        for (size_t two = 0; two < one; two++)
            sum += largest_overlap(atoms + one * size, atoms + two * size, channels, k);
    return pairs > 0 ? sum / pairs : 0;
}
