// tests/bench/scaling/bits.c -- bits WORKERS FLOATS: prints a hash of the sum of real numbers, and
// how many ranks have that sum. Exit code 1 unless all have. Run by scaling.sh.
#include "base/rng.h"
#include "comm/exchange.h"
#include "comm/reduce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill_leaf(float *leaf, size_t count, int worker)
{
    rng r = rng_open(1, RNG_TEST, 0, (uint64_t)worker, 0);
    for (size_t i = 0; i < count; i++)
        leaf[i] = rng_normal(&r);
}

static uint64_t hash_of(const float *data, size_t count)
{
    uint64_t hash = 0xcbf29ce484222325u; // FNV-1a over words
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, &data[i], sizeof word);
        hash = (hash ^ word) * 0x100000001b3u;
    }
    return hash;
}

static int bits(const world *w, int total, size_t count)
{
    workers v;
    reduce *r;
    double waited = 0;
    if (workers_divide(&v, w, total, total) != ST_OK || reduce_create(&r, w, &v, count) != ST_OK)
        return 1;
    for (int i = 0; i < v.count; i++) {
        fill_leaf(reduce_leaf(r), count, v.first + i);
        reduce_push(r);
    }
    uint64_t mine = hash_of(reduce_finish(r, &waited), count), first = mine, differ;
    exchange_broadcast(w, &first, sizeof first, 0);
    differ = mine != first;
    exchange_sum(w, &differ, 1);
    if (w->rank == 0)
        printf("%d ranks %016llx on %d of them\n", w->size, (unsigned long long)mine,
               w->size - (int)differ);
    return differ != 0;
}

int main(int argc, char **argv)
{
    world w;
    if (world_init(&w, &argc, &argv) != ST_OK || argc != 3) return 1;
    int failed = bits(&w, (int)strtol(argv[1], NULL, 10), strtoul(argv[2], NULL, 10));
    world_fini(&w);
    return failed;
}
