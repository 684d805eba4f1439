// comm/workers.c -- which logical workers this rank owns.
#include "comm/workers.h"

#include <stdio.h>

// Writes the divisors of `number` into text: "1, 2, 4, 8", or "1, 2, 3, ..., 5040" if they are
// many.
static void write_divisors(char *text, size_t size, int number)
{
    size_t used = 0, reserve = sizeof ", ..., 2147483647";
    for (int divisor = 1; divisor <= number / 2; divisor++) {
        if (number % divisor != 0) continue;
        if (used + reserve + sizeof ", 2147483647" > size) {
            used += (size_t)snprintf(text + used, size - used, "..., ");
            break;
        }
        used += (size_t)snprintf(text + used, size - used, "%d, ", divisor);
    }
    snprintf(text + used, size - used, "%d", number);
}

static status ranks_check(int total, int ranks)
{
    if (total % ranks == 0) return ST_OK;
    char divisors[160];
    write_divisors(divisors, sizeof divisors, total);
    long more = ((long)total / ranks + 1) * ranks;
    return failure(
        ST_CONFIG,
        "workers: %d cannot be shared out to %d ranks: start %s ranks, or set workers to "
        "a multiple of %d such as %ld (which makes it another experiment)",
        total, ranks, divisors, ranks, more);
}

static status batch_check(int total, int batch)
{
    if (batch >= total && batch % total == 0) return ST_OK;
    int below = batch / total * total;
    if (batch < total)
        return failure(ST_CONFIG,
                       "batch: %d is less than one sample a worker: set it to a multiple "
                       "of workers: %d, such as %d",
                       batch, total, total);
    return failure(ST_CONFIG, "batch: %d is not a multiple of workers: %d; set it to %d or %ld",
                   batch, total, below, (long)below + total);
}

status workers_divide(workers *v, const world *w, int total, int global_batch)
{
    CHECK(total >= 1, ST_CONFIG, "workers: %d; there must be at least one", total);
    TRY(ranks_check(total, w->size));
    TRY(batch_check(total, global_batch));
    int count = total / w->size;
    *v = (workers){
        .total = total, .first = w->rank * count, .count = count, .batch = global_batch / total};
    return ST_OK;
}
