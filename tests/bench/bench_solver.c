// tests/bench/bench_solver.c -- images a second of each solver, on one core, to the same duality
// gap.
//
//   bench_solver [images=8] [size=32] [atoms=64] [channels=3] [images.raw atoms.raw]
//
// Without files: Gaussian images and random atoms of norm 1, 9 x 9. Files are float32: images
// (N, H, W, C) contrast-normalised already, atoms (K, C, 9, 9). lambda is a tenth of each image's
// lambda_max, every code starts at 0. SOLVER=NAME in the environment measures that one alone.
#include "models/kernels/dictionary/dictionary_bound.h"
#include "models/codes/lambda.h"
#include "models/codes/solver.h"

#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct bench {
    dictionary_geometry g;
    int images;
    float *atoms, *packed, *pixels; // (K, C, k, k); packed; images image arrays
    float *code;
    double *lambda; // of each image
    inference problem;
} bench;

static void *take(size_t bytes)
{
    void *x = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (x == NULL) exit(1);
    memset(x, 0, bytes);
    return x;
}

static void fill(float *x, size_t count, uint64_t key)
{
    rng r = rng_open(5, RNG_TEST, 0, key, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = rng_normal(&r);
}

static void read_raw(const char *path, float *x, size_t count)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fread(x, sizeof *x, count, f) != count) {
        fprintf(stderr, "%s: expected at least %zu floats\n", path, count);
        exit(1);
    }
    if (fclose(f) != 0) exit(1);
}

static void norm_atoms(float *atoms, int count, size_t taps)
{
    for (int a = 0; a < count; a++) {
        double sum = 0;
        for (size_t i = 0; i < taps; i++)
            sum += (double)atoms[(size_t)a * taps + i] * (double)atoms[(size_t)a * taps + i];
        for (size_t i = 0; i < taps; i++)
            atoms[(size_t)a * taps + i] /= (float)sqrt(sum);
    }
}

static bench open_bench(int argc, char **argv)
{
    int n[4] = {8, 32, 64, 3};
    for (int i = 0; i < 4 && i + 1 < argc; i++)
        n[i] = (int)strtol(argv[i + 1], NULL, 10);
    bench b = {.g = {n[2], n[3], 9, n[1], n[1]}, .images = n[0]};
    size_t taps = (size_t)n[3] * 81, image = dictionary_image_floats(&b.g);
    size_t pixels = (size_t)n[1] * (size_t)n[1] * (size_t)n[3];
    b.atoms = take((size_t)n[2] * taps * sizeof(float));
    b.packed = take(dictionary_packed_floats(&b.g) * sizeof(float));
    b.pixels = take((size_t)b.images * image * sizeof(float));
    b.code = take(dictionary_code_floats(&b.g) * sizeof(float));
    b.lambda = take((size_t)b.images * sizeof(double));
    float *all = take((size_t)b.images * pixels * sizeof(float));
    if (argc > 6) {
        read_raw(argv[5], all, (size_t)b.images * pixels);
        read_raw(argv[6], b.atoms, (size_t)n[2] * taps);
    } else {
        fill(all, (size_t)b.images * pixels, 1);
        fill(b.atoms, (size_t)n[2] * taps, 2);
    }
    for (int i = 0; i < b.images; i++)
        memcpy(b.pixels + (size_t)i * image, all + (size_t)i * pixels, pixels * sizeof(float));
    free(all);
    norm_atoms(b.atoms, n[2], taps);
    dictionary_pack(&b.g, b.atoms, b.packed);
    b.problem = (inference){.geometry = b.g, .packed = b.packed, .penalty = penalty_find("l1")};
    if (dictionary_bound(&b.g, b.atoms, &b.problem.bound) != ST_OK) exit(1);
    void *scratch = take(lambda_scratch_bytes(&b.g));
    for (int i = 0; i < b.images; i++) {
        b.problem.image = b.pixels + (size_t)i * image;
        b.lambda[i] = 0.1 * lambda_max(&b.problem, scratch);
    }
    free(scratch);
    return b;
}

// Processor time of this program, so that other jobs on the machine disturb less.
static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run(bench *b, const solver_type *solver, double gap)
{
    char text[64];
    snprintf(text, sizeof text, "{gap: %g, iterations: 2000}", gap);
    union {
        char bytes[4096];
        double aligned;
    } settings;
    config *c;
    if (config_parse(&c, text, "bench", 0, NULL) != ST_OK ||
        config_read(c, "", (config_part[]){{solver->fields, &settings}, {0}}) != ST_OK) {
        fprintf(stderr, "%s\n", status_message());
        exit(1);
    }
    config_destroy(c);
    void *scratch = take(solver->scratch_bytes(&settings, &b->g)), *prepared = NULL;
    if (solver->prepare != NULL) {
        prepared = take(solver->prepared_bytes(&settings, &b->g));
        solver->prepare(&settings, &b->g, b->atoms, prepared);
    }
    b->problem.prepared = prepared;
    double iterations = 0, energy = 0, worst = 0, zeros = 0;
    double start = processor_seconds();
    for (int i = 0; i < b->images; i++) {
        inference_result r;
        b->problem.image = b->pixels + (size_t)i * dictionary_image_floats(&b->g);
        b->problem.lambda = b->lambda[i];
        memset(b->code, 0, dictionary_code_floats(&b->g) * sizeof(float));
        solver->solve(&settings, &b->problem, b->code, scratch, &r);
        iterations += r.iterations;
        energy += r.energy;
        worst = r.gap > worst ? r.gap : worst;
        zeros += 1 - (double)r.nonzeros / (double)dictionary_positions(&b->g) / b->g.atoms;
    }
    double seconds = processor_seconds() - start;
    printf("%-20s gap %-7g %8.1f images/s %8.1f iterations, energy %.4f, worst gap %.2e, "
           "zeros %.2f %%\n",
           solver->name, gap, b->images / seconds, iterations / b->images, energy / b->images,
           worst, 100 * zeros / b->images);
    fflush(stdout);
    free(prepared);
    free(scratch);
}

int main(int argc, char **argv)
{
    bench b = open_bench(argc, argv);
    printf("K=%d C=%d k=9 %dx%d, %d images, L=%.1f\n", b.g.atoms, b.g.channels, b.g.height,
           b.g.width, b.images, b.problem.bound);
    const double gaps[] = {4.4e-2, 1e-2, 1e-3};
    const char *only = getenv("SOLVER");
    for (int i = 0; solver_table[i] != NULL; i++)
        for (int j = 0; j < 3; j++)
            if (solver_table[i]->fields != NULL &&
                (only == NULL || strcmp(only, solver_table[i]->name) == 0))
                run(&b, solver_table[i], gaps[j]);
    free(b.atoms);
    free(b.packed);
    free(b.pixels);
    free(b.code);
    free(b.lambda);
    return 0;
}
