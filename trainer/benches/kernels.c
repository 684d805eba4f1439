// trainer/benches/kernels.c -- basin bench kernels: how fast the convolutions of the nets are, by
// each way of computing them, and dictionaries on all codes, beside the multiply-adds of the
// processor.
//
// Flops are those of the definition, two a multiply-add: Winograd's kernels do fewer, and may pass
// the ceiling. Operands are in the layouts a graph would give them.
#include "base/arena.h"
#include "base/clock.h"
#include "base/median.h"
#include "base/rng.h"
#include "base/stop_signal.h"
#include "comm/agree.h"
#include "models/kernels/ceilings.h"
#include "models/kernels/convolution/convolution.h"
#include "models/kernels/dictionary/dictionary.h"
#include "trainer/bench.h"
#include "trainer/job/options.h"

#include <stdio.h>

typedef struct kernel_options {
    int64_t repeats, batch;
} kernel_options;

static const config_field fields[] = {{"repeats", FIELD_INT, offsetof(kernel_options, repeats), "7",
                                       1, BENCH_MOST_REPEATS, NULL, "to take the median of"},
                                      {"batch", FIELD_INT, offsetof(kernel_options, batch), "0", 0,
                                       4096, NULL, "images; 0 = as in the net"},
                                      {0}};

typedef struct layer {
    int batch, in, out, size, kernel, stride;
} layer;

// ResNet-18 of width 64 and of width 16 on 32 x 32, ResNet-50 on 224 x 224.
static const layer layers[] = {
    {64, 3, 64, 32, 3, 1},    {64, 64, 64, 32, 3, 1},    {64, 64, 128, 32, 3, 2},
    {64, 64, 128, 32, 1, 2},  {64, 128, 128, 16, 3, 1},  {64, 256, 256, 8, 3, 1},
    {64, 256, 512, 8, 3, 2},  {64, 512, 512, 4, 3, 1},   {256, 3, 16, 32, 3, 1},
    {256, 16, 16, 32, 3, 1},  {256, 16, 32, 32, 3, 2},   {256, 32, 32, 16, 3, 1},
    {256, 64, 64, 8, 3, 1},   {256, 128, 128, 4, 3, 1},  {16, 3, 64, 224, 7, 2},
    {16, 64, 64, 56, 3, 1},   {16, 64, 256, 56, 1, 1},   {16, 256, 64, 56, 1, 1},
    {16, 512, 128, 28, 1, 1}, {16, 1024, 256, 14, 1, 1}, {16, 2048, 512, 7, 1, 1},
    {16, 512, 512, 7, 3, 1},  {16, 256, 512, 56, 1, 2},  {16, 1024, 2048, 14, 1, 2},
    {16, 128, 128, 56, 3, 2}, {16, 512, 512, 14, 3, 2},
};
#define LAYER_COUNT (sizeof layers / sizeof *layers)

// Ways of computing a convolution.
typedef struct way {
    const char *name;
    arithmetic arithmetic;
} way;

static const way ways[] = {{"direct", {.way = CONVOLUTION_DIRECT}},
                           {"winograd", {.way = CONVOLUTION_WINOGRAD}},
                           {"bf16", {.way = CONVOLUTION_DIRECT, .bf16 = true}}};
#define WAY_COUNT (sizeof ways / sizeof *ways)

typedef struct trial {
    convolution_spec spec;
    convolution *kernels;
    arena memory;
    convolution_operands operands;
} trial;

static convolution_spec spec_of(const layer *l, const way *w)
{
    convolution_spec s = {.in = {l->batch, l->in, l->size, l->size},
                          .in_block = convolution_out_block((arithmetic){0}, l->in, 1),
                          .kernel = l->kernel,
                          .stride = l->stride,
                          .pad = l->kernel / 2,
                          .arithmetic = w->arithmetic};
    int out = convolution_size(l->size, s.kernel, s.stride, s.pad);
    s.out = (shape){l->batch, l->out, out, out};
    s.out_block = convolution_out_block((arithmetic){0}, l->out, s.in_block);
    return s;
}

static float *take_random(arena *a, size_t count, uint64_t key)
{
    float *x = arena_take(a, count * sizeof *x);
    rng r = rng_open(1, RNG_TEST, 0, key, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = rng_normal(&r);
    return x;
}

static status open_trial(trial *t, const layer *l, const way *w)
{
    *t = (trial){.spec = spec_of(l, w)};
    TRY(convolution_create(&t->kernels, &t->spec, true));
    size_t in = shape_count(t->spec.in), out = shape_count(t->spec.out);
    size_t weights = (size_t)l->in * (size_t)l->out * (size_t)(l->kernel * l->kernel);
    size_t floats = arena_padded(in * sizeof(float)) + arena_padded(out * sizeof(float)) +
                    arena_padded(weights * sizeof(float));
    TRY(arena_create(&t->memory, 2 * floats + arena_padded(convolution_scratch_bytes(t->kernels)),
                     "a convolution"));
    t->operands = (convolution_operands){
        .x = take_random(&t->memory, in, 1),
        .dy = take_random(&t->memory, out, 2),
        .weights = take_random(&t->memory, weights, 0),
        .y = arena_take(&t->memory, out * sizeof(float)),
        .dx = arena_take(&t->memory, in * sizeof(float)),
        .dweights = arena_take(&t->memory, weights * sizeof(float)),
        .scratch = arena_take(&t->memory, convolution_scratch_bytes(t->kernels))};
    return ST_OK;
}

static void close_trial(trial *t)
{
    convolution_destroy(t->kernels);
    arena_destroy(&t->memory);
}

static double median_seconds(const trial *t, convolution_pass pass, int repeats)
{
    double seconds[BENCH_MOST_REPEATS];
    convolution_run(t->kernels, pass, &t->operands);
    for (int i = 0; i < repeats; i++) {
        double since = clock_thread_seconds();
        convolution_run(t->kernels, pass, &t->operands);
        seconds[i] = clock_thread_seconds() - since;
    }
    return median(seconds, repeats);
}

static void print_trial(const trial *t, const layer *l, const way *w, const ceilings *c,
                        int repeats)
{
    static const char *const pass_names[CONVOLUTION_PASSES] = {"forward", "backward data",
                                                               "backward weights"};
    double flops = 2.0 * l->in * l->kernel * l->kernel * (double)shape_count(t->spec.out);
    for (int pass = 0; pass < CONVOLUTION_PASSES; pass++) {
        // Nobody asks for the gradient of the images.
        if (l->in == 3 && pass == CONVOLUTION_BACKWARD_DATA) continue;
        double seconds = median_seconds(t, (convolution_pass)pass, repeats);
        char what[64];
        snprintf(what, sizeof what, "%d: %d>%d, %d, %dx%d/%d", l->batch, l->in, l->out, l->size,
                 l->kernel, l->kernel, l->stride);
        printf("%-26s %-16s %-8s %8.2f %8.1f %6.2f  %s\n", what, pass_names[pass], w->name,
               1e3 * seconds, 1e-9 * flops / seconds, flops / seconds / c->flops,
               convolution_kernel_name(t->kernels, (convolution_pass)pass));
    }
}

// The dictionaries of sparse coding, on all codes of one image.
static const dictionary_geometry dictionaries[] = {{32, 1, 9, 32, 32}, {64, 3, 9, 32, 32}};
#define DICTIONARY_COUNT (sizeof dictionaries / sizeof *dictionaries)

typedef struct dictionary_trial {
    const dictionary_geometry *geometry;
    arena memory;
    float *packed, *image, *code, *sums;
} dictionary_trial;

static void synthesise(const dictionary_trial *t)
{
    dictionary_synthesise(t->geometry, t->packed, t->code, t->image);
}

static void analyse(const dictionary_trial *t)
{
    dictionary_analyse(t->geometry, t->packed, t->image, t->code);
}

static void correlate(const dictionary_trial *t)
{
    dictionary_correlate(t->geometry, t->image, t->code, NULL, 0, t->sums);
}

static status open_dictionary(dictionary_trial *t, const dictionary_geometry *g)
{
    *t = (dictionary_trial){.geometry = g};
    size_t atoms = (size_t)g->atoms * (size_t)g->channels * (size_t)(g->kernel * g->kernel);
    size_t floats[] = {atoms, dictionary_packed_floats(g), dictionary_image_floats(g),
                       dictionary_code_floats(g), dictionary_sum_floats(g)};
    size_t bytes = 0;
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        bytes += arena_padded(floats[i] * sizeof(float));
    TRY(arena_create(&t->memory, bytes, "a dictionary"));
    float *plain = take_random(&t->memory, floats[0], 0);
    t->packed = arena_take(&t->memory, floats[1] * sizeof(float));
    t->image = take_random(&t->memory, floats[2], 1);
    t->code = arena_take(&t->memory, floats[3] * sizeof(float));
    t->sums = arena_take(&t->memory, floats[4] * sizeof(float));
    dictionary_pack(g, plain, t->packed);
    return ST_OK;
}

static void print_dictionary(const dictionary_trial *t, const ceilings *c, int repeats)
{
    static const struct {
        const char *name;
        void (*run)(const dictionary_trial *t);
    } passes[] = {{"analyse", analyse}, {"synthesise", synthesise}, {"correlate", correlate}};
    const dictionary_geometry *g = t->geometry;
    double flops =
        2.0 * (double)dictionary_positions(g) * g->atoms * g->channels * g->kernel * g->kernel;
    for (size_t pass = 0; pass < sizeof passes / sizeof *passes; pass++) {
        double seconds[BENCH_MOST_REPEATS];
        for (int i = 0; i < repeats; i++) {
            double since = clock_thread_seconds();
            passes[pass].run(t);
            seconds[i] = clock_thread_seconds() - since;
        }
        double middle = median(seconds, repeats);
        char what[64];
        snprintf(what, sizeof what, "%d atoms %dx%dx%d, %d", g->atoms, g->channels, g->kernel,
                 g->kernel, g->height);
        printf("%-26s %-16s %-8s %8.3f %8.1f %6.2f  dictionary\n", what, passes[pass].name, "dense",
               1e3 * middle, 1e-9 * flops / middle, flops / middle / c->flops);
    }
}

static status measure_dictionaries(const kernel_options *o, const ceilings *c)
{
    for (size_t i = 0; i < DICTIONARY_COUNT; i++) {
        dictionary_trial t;
        TRY(stop_signal_check());
        status s = open_dictionary(&t, &dictionaries[i]);
        if (s == ST_OK) print_dictionary(&t, c, (int)o->repeats);
        arena_destroy(&t.memory);
        TRY(s);
    }
    return ST_OK;
}

static status measure(const kernel_options *o)
{
    ceilings c;
    TRY(ceilings_measure(&c));
    printf("multiply-adds %.1f GFLOP/s, copy-add %.1f GB/s\n", 1e-9 * c.flops, 1e-9 * c.bytes);
    printf("%-26s %-16s %-8s %8s %8s %6s  %s\n", "batch: channels, size", "pass", "way", "ms",
           "GFLOP/s", "share", "kernel");
    for (size_t i = 0; i < LAYER_COUNT; i++)
        for (size_t k = 0; k < WAY_COUNT; k++) {
            trial t;
            layer l = layers[i];
            bool no_winograd = l.kernel != 3 || l.stride != 1 || l.in == 3;
            if (ways[k].arithmetic.way == CONVOLUTION_WINOGRAD && no_winograd) continue;
            if (ways[k].arithmetic.bf16 && !convolution_multiplies_bf16(ways[k].arithmetic))
                continue;
            TRY(stop_signal_check());
            if (o->batch > 0) l.batch = (int)o->batch;
            status s = open_trial(&t, &l, &ways[k]);
            if (s == ST_OK) print_trial(&t, &l, &ways[k], &c, (int)o->repeats);
            close_trial(&t);
            TRY(s);
        }
    return measure_dictionaries(o, &c);
}

static status run_local(int argc, char **argv)
{
    kernel_options o;
    TRY(options_read("bench kernels", &argc, argv, fields, &o));
    CHECK(argc == 0, ST_USAGE, "bench kernels: what is '%s'? There are only options", argv[0]);
    return measure(&o);
}

static status run(const world *w, int argc, char **argv)
{
    return agree(w, w->rank == 0 ? run_local(argc, argv) : ST_OK);
}

const bench_type bench_kernels = {
    .name = "kernels",
    .usage = "[--repeats N] [--batch N]",
    .help = "the convolutions of the nets and dictionaries, pass by pass, beside the processor's "
            "multiply-adds",
    .run = run,
};
