// tests/bench/bench_dictionary.c -- how fast the dictionary kernels are, on one core.
//
// Prints for each geometry the GFLOP/s of the dense operations (2 flops for each position, atom,
// channel and tap) and the nanoseconds a listed code takes; medians of repeats.
//   bench_dictionary [repeats]
#include "models/kernels/dictionary/dictionary.h"

#include "base/rng.h"
#include "models/kernels/dictionary/dictionary_bound.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_REPEATS = 1001 };

typedef struct bench {
    dictionary_geometry g;
    float *atoms, *packed, *image, *code, *sums;
    active_code *list;
    size_t count;
} bench;

// Of this thread: other programs on the core do not count.
static double seconds(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0) abort();
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// `count` floats on a boundary of 64 bytes, normal for a key, else 0.
static float *take(size_t count, uint64_t key)
{
    float *x = aligned_alloc(64, (count * sizeof *x + 63) / 64 * 64);
    if (x == NULL) abort();
    rng r = rng_open(1, RNG_AUGMENT, 0, key, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = key > 0 ? rng_normal(&r) : 0;
    return x;
}

static void synthesise(bench *b)
{
    dictionary_synthesise(&b->g, b->packed, b->code, b->image);
}

static void analyse(bench *b)
{
    dictionary_analyse(&b->g, b->packed, b->image, b->code);
}

static void correlate(bench *b)
{
    dictionary_correlate(&b->g, b->image, b->code, NULL, 0, b->sums);
}

static void synthesise_active(bench *b)
{
    dictionary_synthesise_active(&b->g, b->packed, b->code, b->list, b->count, b->image);
}

static void analyse_active(bench *b)
{
    dictionary_analyse_active(&b->g, b->packed, b->image, b->list, b->count, b->code);
}

static void correlate_active(bench *b)
{
    dictionary_correlate(&b->g, b->image, b->code, b->list, b->count, b->sums);
}

static void list_nonzero(bench *b)
{
    b->count = dictionary_list_nonzero(&b->g, b->code, b->list);
}

static void bound(bench *b)
{
    double value;
    if (dictionary_bound(&b->g, b->atoms, &value) != ST_OK) abort();
}

// The median time of one call in seconds; one repeat calls often enough to take a millisecond.
static double time_of(void (*operation)(bench *), bench *b, int repeats)
{
    static double times[MOST_REPEATS];
    int calls = 1;
    double start = seconds();
    operation(b);
    double once = seconds() - start;
    if (once < 1e-3) calls = (int)(1e-3 / (once + 1e-7)) + 1;
    for (int i = 0; i < repeats; i++) {
        start = seconds();
        for (int call = 0; call < calls; call++)
            operation(b);
        times[i] = (seconds() - start) / calls;
    }
    qsort(times, (size_t)repeats, sizeof *times, ascending);
    return times[repeats / 2];
}

static bench open_bench(dictionary_geometry g)
{
    bench b = {.g = g};
    size_t atoms = (size_t)g.atoms * (size_t)g.channels * (size_t)(g.kernel * g.kernel);
    b.atoms = take(atoms, 1);
    b.packed = take(dictionary_packed_floats(&g), 0);
    b.image = take(dictionary_image_floats(&g), 2);
    b.code = take(dictionary_code_floats(&g), 0);
    b.sums = take(dictionary_sum_floats(&g), 0);
    b.list = malloc(dictionary_code_floats(&g) * sizeof *b.list);
    if (b.list == NULL) abort();
    dictionary_pack(&g, b.atoms, b.packed);
    return b;
}

static void close_bench(bench *b)
{
    free(b->atoms);
    free(b->packed);
    free(b->image);
    free(b->code);
    free(b->sums);
    free(b->list);
}

// About 8 % of the codes are not 0.
static void make_sparse(bench *b)
{
    rng r = rng_open(1, RNG_AUGMENT, 0, 3, 0);
    size_t lanes_of_code = (size_t)dictionary_lanes(&b->g);
    for (size_t i = 0; i < dictionary_code_floats(&b->g); i++) {
        int there = i % lanes_of_code < (size_t)b->g.atoms && rng_below(&r, 100) < 8;
        b->code[i] = there ? rng_normal(&r) : 0;
    }
    list_nonzero(b);
}

static void measure(dictionary_geometry g, int repeats)
{
    bench b = open_bench(g);
    double flops = 2.0 * (double)dictionary_positions(&g) * g.atoms * g.channels *
                   (double)(g.kernel * g.kernel);
    printf("%4d %3d %3d %3dx%-3d", g.atoms, g.channels, g.kernel, g.height, g.width);
    void (*const dense[])(bench *) = {analyse, synthesise, correlate};
    void (*const listed[])(bench *) = {analyse_active, synthesise_active, correlate_active};
    double times[3];
    for (int i = 0; i < 3; i++) {
        times[i] = time_of(dense[i], &b, repeats);
        printf(" %8.1f", 1e-9 * flops / times[i]);
    }
    printf("  |");
    make_sparse(&b);
    for (int i = 0; i < 3; i++) {
        double each = time_of(listed[i], &b, repeats) / (double)(b.count > 0 ? b.count : 1);
        double codes = (double)dictionary_positions(&g) * g.atoms;
        printf(" %6.1f (%4.1f %%)", 1e9 * each, 100 * times[i] / (each * codes));
        make_sparse(&b);
    }
    printf("  | %8.1f %8.2f\n", 1e6 * time_of(list_nonzero, &b, repeats),
           1e3 * time_of(bound, &b, repeats / 8 + 1));
    fflush(stdout);
    close_bench(&b);
}

int main(int count, char **arguments)
{
    static const dictionary_geometry geometries[] = {
        {32, 1, 9, 32, 32},  {64, 1, 9, 32, 32},   {32, 3, 9, 32, 32},   {64, 3, 9, 32, 32},
        {64, 1, 9, 40, 40},  {64, 3, 9, 40, 40},   {256, 1, 12, 12, 12}, {1, 1, 9, 32, 32},
        {4, 1, 9, 32, 32},   {8, 1, 9, 32, 32},    {16, 1, 9, 32, 32},   {16, 3, 9, 32, 32},
        {64, 64, 7, 16, 16}, {256, 64, 7, 16, 16}, {64, 3, 5, 32, 32},   {100, 1, 11, 28, 28},
    };
    int repeats = count > 1 ? atoi(arguments[1]) : 101; // NOLINT(cert-err34-c)
    if (repeats < 1 || repeats > MOST_REPEATS) return 64;
    printf("                        GFLOP/s                      | ns a listed code (listed wins "
           "below)"
           "        | us to   ms to\n"
           "   K   C   k  image    analyse synth.  correlate  |  analyse          synthesise"
           "      correlate        | list   bound\n");
    for (size_t i = 0; i < sizeof geometries / sizeof *geometries; i++)
        measure(geometries[i], repeats);
    return 0;
}
