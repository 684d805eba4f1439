// trainer/benches/comm.c -- basin bench comm: what ranks spend on each other: the exact sum beside
// MPI_Allreduce, in turns, and the gather of keys.
//
// A time is that of the slowest rank from a common start, and of these the median. The ceiling of
// the sum is memory: within a machine every rank's array is read once and the sum written once.
#include "base/clock.h"
#include "base/median.h"
#include "comm/agree.h"
#include "comm/exchange.h"
#include "comm/reduce.h"
#include "models/kernels/ceilings.h"
#include "trainer/bench.h"
#include "trainer/job/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct comm_options {
    int64_t repeats, smallest, largest;
} comm_options;

#define FIELD(member) offsetof(comm_options, member)

static const config_field fields[] = {
    {"repeats", FIELD_INT, FIELD(repeats), "21", 1, BENCH_MOST_REPEATS, NULL,
     "to take the median of"},
    {"smallest", FIELD_INT, FIELD(smallest), "64", 1, 1 << 20, NULL,
     "kB; each size is 4 times the last"},
    {"largest", FIELD_INT, FIELD(largest), "65536", 1, 1 << 20, NULL, "kB"},
    {0}};

typedef struct comm_bench {
    const world *world;
    comm_options options;
    double memory_rate; // copy-add of all ranks together, bytes/s
    double *of_ranks;   // (size)
    double exact[BENCH_MOST_REPEATS], mpi[BENCH_MOST_REPEATS];
} comm_bench;

// Collective. The greatest of all ranks' seconds.
static double slowest(const comm_bench *b, double seconds)
{
    exchange_gather(b->world, &seconds, sizeof seconds, b->of_ranks);
    for (int rank = 0; rank < b->world->size; rank++)
        seconds = fmax(seconds, b->of_ranks[rank]);
    return seconds;
}

static double time_exact(const comm_bench *b, reduce *r)
{
    double waited = 0;
    float *leaf = reduce_leaf(r);
    leaf[0] = 1;
    reduce_push(r);
    world_barrier(b->world);
    double since = clock_seconds();
    const float *sum = reduce_finish(r, &waited);
    double seconds = clock_seconds() - since;
    ASSERT(sum[0] == (float)b->world->size);
    return slowest(b, seconds);
}

static double time_mpi(const comm_bench *b, const float *values, float *sums, size_t count)
{
    world_barrier(b->world);
    double since = clock_seconds();
    exchange_sum_any_order(b->world, values, sums, (int)count);
    return slowest(b, clock_seconds() - since);
}

static double time_gather(const comm_bench *b, const void *mine, size_t bytes, void *all)
{
    world_barrier(b->world);
    double since = clock_seconds();
    exchange_gather(b->world, mine, bytes, all);
    return slowest(b, clock_seconds() - since);
}

static void print_size(size_t bytes)
{
    if (bytes < 1048576)
        printf("%6zu kB", bytes / 1024);
    else
        printf("%6.4g MB", (double)bytes / 1048576);
}

static void print_sum(comm_bench *b, size_t bytes)
{
    const world *w = b->world;
    int repeats = (int)b->options.repeats;
    double exact = median(b->exact, repeats), mpi = median(b->mpi, repeats);
    printf("%-12s ", "exact sum");
    print_size(bytes);
    printf(" %10.3f %14.3f %7.2f %8.2f", 1e3 * exact, 1e3 * mpi, mpi / exact,
           1e-9 * (double)bytes / exact);
    if (w->local_size == w->size)
        printf(" %8.2f", (double)(w->size + 1) * (double)bytes / exact / b->memory_rate);
    printf("\n");
}

// Collective. Same status on all ranks.
static status measure_sum(comm_bench *b, size_t count)
{
    const world *w = b->world;
    workers v = {.total = w->size, .first = w->rank, .count = 1, .batch = 1};
    reduce *r;
    TRY(reduce_create(&r, w, &v, count));
    float *values = calloc(count + 1, sizeof *values), *sums = calloc(count + 1, sizeof *sums);
    status s = values != NULL && sums != NULL ? ST_OK : failure(ST_INTERNAL, "no memory for sums");
    s = agree(w, s);
    if (s == ST_OK) {
        (void)time_exact(b, r); // touch everything once
        (void)time_mpi(b, values, sums, count);
        for (int i = 0; i < b->options.repeats; i++) {
            b->exact[i] = time_exact(b, r);
            b->mpi[i] = time_mpi(b, values, sums, count);
        }
        if (w->rank == 0) print_sum(b, count * sizeof *sums);
    }
    free(values);
    free(sums);
    reduce_destroy(r);
    return s;
}

// Collective. Same status on all ranks. `bytes` from all ranks together.
static status measure_gather(comm_bench *b, size_t bytes)
{
    const world *w = b->world;
    size_t own = bytes / (size_t)w->size;
    char *mine = calloc(own + 1, 1), *all = calloc(bytes + 1, 1);
    status s = mine != NULL && all != NULL ? ST_OK : failure(ST_INTERNAL, "no memory for a gather");
    s = agree(w, s);
    for (int i = -1; s == ST_OK && i < b->options.repeats; i++) {
        double seconds = time_gather(b, mine, own, all);
        if (i >= 0) b->exact[i] = seconds;
    }
    if (s == ST_OK && w->rank == 0) {
        double seconds = median(b->exact, (int)b->options.repeats);
        printf("%-12s ", "gather");
        print_size(bytes);
        printf(" %10.3f %14s %7s %8.2f\n", 1e3 * seconds, "", "", 1e-9 * (double)bytes / seconds);
    }
    free(mine);
    free(all);
    return s;
}

// Collective.
static status measure_memory(comm_bench *b)
{
    ceilings own;
    TRY(agree(b->world, ceilings_measure(&own)));
    exchange_gather(b->world, &own.bytes, sizeof own.bytes, b->of_ranks);
    b->memory_rate = 0;
    for (int rank = 0; rank < b->world->size; rank++)
        b->memory_rate += b->of_ranks[rank];
    return ST_OK;
}

// Collective.
static status measure(comm_bench *b)
{
    const world *w = b->world;
    TRY(measure_memory(b));
    if (w->rank == 0)
        printf("%d ranks, %d on this machine, median of %lld; copy-add %.1f GB/s in all\n"
               "%-12s %9s %10s %14s %7s %8s %8s\n",
               w->size, w->local_size, (long long)b->options.repeats, 1e-9 * b->memory_rate, "what",
               "size", "ms", "MPI_Allreduce", "ratio", "GB/s", "ceiling");
    for (int64_t kilobytes = b->options.smallest; kilobytes <= b->options.largest; kilobytes *= 4)
        TRY(measure_sum(b, (size_t)kilobytes * 1024 / sizeof(float)));
    // Keys of 128 floats: batches of 64, 256, 1024, 4096.
    for (size_t batch = 64; batch <= 4096; batch *= 4)
        TRY(measure_gather(b, batch * 128 * sizeof(float)));
    return ST_OK;
}

static status read_words(comm_bench *b, int argc, char **argv)
{
    TRY(options_read("bench comm", &argc, argv, fields, &b->options));
    CHECK(argc == 0, ST_USAGE, "bench comm: what is '%s'? There are only options", argv[0]);
    b->of_ranks = calloc((size_t)b->world->size, sizeof *b->of_ranks);
    CHECK(b->of_ranks != NULL, ST_INTERNAL, "no memory for the times of %d ranks", b->world->size);
    return ST_OK;
}

static status run(const world *w, int argc, char **argv)
{
    static comm_bench b; // too large for a stack
    b = (comm_bench){.world = w};
    status s = agree(w, read_words(&b, argc, argv));
    if (s == ST_OK && b.of_ranks != NULL) s = measure(&b);
    free(b.of_ranks);
    return s;
}

const bench_type bench_comm = {
    .name = "comm",
    .usage = "[--repeats N] [--smallest KB] [--largest KB]",
    .help = "the exact sum over all ranks beside MPI_Allreduce, and the gather of keys",
    .run = run,
};
