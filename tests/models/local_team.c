// tests/models/local_team.c -- a team whose workers are all of this process.
#include "tests/models/local_team.h"

#include <string.h>

static void expect(void *state, size_t floats)
{
    (void)state, (void)floats;
}

// In the order of comm/reduce.h's tree.
static float tree_sum(const float *parts, size_t floats, int first, int end)
{
    if (end - first == 1) return parts[(size_t)first * floats];
    int half = 1;
    while (2 * half < end - first)
        half *= 2;
    float left = tree_sum(parts, floats, first, first + half);
    return left + tree_sum(parts, floats, first + half, end);
}

static void sum(void *state, const float *parts, size_t floats, float *total)
{
    for (size_t i = 0; i < floats; i++)
        total[i] = tree_sum(parts + i, floats, 0, *(int *)state);
}

static void collect(void *state, const float *parts, size_t floats, float *all)
{
    memcpy(all, parts, (size_t) * (int *)state * floats * sizeof *all);
}

team local_team(int *count)
{
    return (team){.total = *count,
                  .count = *count,
                  .state = count,
                  .expect = expect,
                  .sum = sum,
                  .gather = collect};
}
