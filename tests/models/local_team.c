// tests/models/local_team.c -- a team whose workers are all of this process.
#include "tests/models/local_team.h"

#include <string.h>

static void expect(void *state, size_t floats)
{
    (void)state, (void)floats;
}

static void sum(void *state, const float *parts, size_t floats, float *total)
{
    memset(total, 0, floats * sizeof *total);
    for (int v = 0; v < *(int *)state; v++)
        for (size_t i = 0; i < floats; i++)
            total[i] += parts[(size_t)v * floats + i];
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
