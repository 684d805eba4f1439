// models/kernels/ceilings.c -- the best of several short runs of multiply-adds and of a copy-add.
#include "models/kernels/ceilings.h"

#include "base/arena.h"
#include "base/clock.h"
#include "models/kernels/lanes.h"

enum {
    SUMS = 12, // independent multiply-adds: a core has two units of four cycles, so at least 8
    ROUNDS = 1 << 20,
    REPEATS = 9,
    FLOATS = 1 << 25 // of each array
};

// Kept in memory that the compiler cannot see through, so that the loop is not left out.
static volatile float kept;

static double multiply_add_seconds(void)
{
    vector sums[SUMS] = {{0}}, factor = {0}, term = {0};
    for (int i = 0; i < SUMS; i++)
        sums[i][0] = (float)i; // else they are one
    for (int i = 0; i < VECTOR; i++) {
        factor[i] = 0.5f + kept;
        term[i] = 1.0f + kept;
    }
    double since = clock_thread_seconds();
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < SUMS; i++)
            sums[i] = sums[i] * factor + term;
    double seconds = clock_thread_seconds() - since;
    float all = 0;
    for (int i = 0; i < SUMS; i++)
        all += sums[i][0];
    kept = 0.0f * all;
    return seconds;
}

static double copy_add_seconds(const float *restrict x, float *restrict y)
{
    double since = clock_thread_seconds();
    for (size_t i = 0; i < FLOATS; i++)
        y[i] = x[i] + y[i];
    return clock_thread_seconds() - since;
}

status ceilings_measure(ceilings *c)
{
    arena memory;
    TRY(arena_create(&memory, (size_t)2 * FLOATS * sizeof(float), "the bandwidth to be measured"));
    float *x = arena_take(&memory, FLOATS * sizeof *x),
          *y = arena_take(&memory, FLOATS * sizeof *y);
    for (size_t i = 0; i < FLOATS; i++)
        x[i] = y[i] = 1;
    double flop = 2.0 * SUMS * VECTOR * ROUNDS, byte = 3.0 * FLOATS * sizeof(float);
    *c = (ceilings){0};
    for (int i = 0; i < REPEATS; i++) {
        double flops = flop / multiply_add_seconds(), bytes = byte / copy_add_seconds(x, y);
        if (flops > c->flops) c->flops = flops;
        if (bytes > c->bytes) c->bytes = bytes;
    }
    arena_destroy(&memory);
    return ST_OK;
}
