// trainer/commands/reconstruct.c -- basin reconstruct RUN... DATA OUT.png: images as codes see
// them, side by side, and how close they are.
//
//   one run       original | reconstruction | maps of the atoms that do most in it
//   several runs  original | from the highest level's codes alone | ... | from the lowest level's
//
// PSNR = 10 log10(range^2 / mean squared error), range = largest less smallest number of the view.
#include "comm/agree.h"
#include "io/files/named_output.h"
#include "models/kernels/threads.h"
#include "trainer/command.h"
#include "trainer/job/options.h"
#include "trainer/codes/code_sheet.h"
#include "trainer/codes/code_stack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAPS 6 // atoms shown of each view, if there are so many

typedef struct reconstruct_options {
    bool force;
} reconstruct_options;

static const config_field options[] = {{"force", FIELD_BOOL, offsetof(reconstruct_options, force),
                                        "false", 0, 0, NULL, "replace OUT.png"},
                                       {0}};

typedef struct reconstruction {
    const world *world;
    const char *out;
    code_stack stack;
    code_sheet sheet;
    float *image;                   // (C, H, W)
    double psnr[CODE_STACK_LEVELS]; // sums over views with a range
    int counted;                    // such views
} reconstruction;

static status check_output(const reconstruction *r, const char *files, bool force)
{
    const char *inputs[1 + 2 * CODE_STACK_LEVELS] = {files};
    size_t count = 1;
    for (int level = 0; level < r->stack.levels; level++) {
        inputs[count++] = r->stack.runs[level].checkpoint;
        inputs[count++] = r->stack.runs[level].job_file;
    }
    return named_output_check(r->out, &(output_rules){force, inputs, count, NULL});
}

static status open_all(reconstruction *r, int argc, char **argv)
{
    int words = 0;
    reconstruct_options chosen;
    TRY(options_read("reconstruct", &argc, argv, options, &chosen));
    while (words < argc && strchr(argv[words], '=') == NULL)
        words++;
    CHECK(words >= 3, ST_USAGE, "reconstruct: expected RUN... DATA OUT.png [key=value ...]");
    TRY(options_check_overrides("reconstruct", argc - words, argv + words));
    r->out = argv[words - 1];
    TRY(code_stack_open(&r->stack, "reconstruct", (const char *const *)argv, words - 2,
                        argv[words - 2], argc - words, argv + words));
    kernels_set_threads((int)r->stack.runs[0].job.threads);
    return check_output(r, argv[words - 2], chosen.force);
}

static int map_count(const reconstruction *r)
{
    int atoms = code_stack_model(&r->stack, 0)->layout.geometry.atoms;
    if (r->stack.levels > 1) return 0;
    return atoms < MAPS ? atoms : MAPS;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static status open_sheet(reconstruction *r)
{
    const sparse_model *m = code_stack_model(&r->stack, 0);
    shape view = m->setup.view;
    int height = map_count(r) > 0 ? larger(view.h, m->layout.height) : view.h;
    int width = map_count(r) > 0 ? larger(view.w, m->layout.width) : view.w;
    r->image = calloc(code_layout_pixels(&m->layout), sizeof *r->image);
    CHECK(r->image != NULL, ST_INTERNAL, "no memory for an image");
    return code_sheet_create(&r->sheet, r->stack.rows, 1 + r->stack.levels + map_count(r), view.c,
                             height, width);
}

static void find_range(const float *values, size_t count, float *low, float *high)
{
    *low = *high = values[0];
    for (size_t i = 1; i < count; i++) {
        *low = fminf(*low, values[i]);
        *high = fmaxf(*high, values[i]);
    }
}

static double find_psnr(const float *original, const float *made, size_t count, double range)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double error = (double)original[i] - (double)made[i];
        sum += error * error;
    }
    return 10 * log10(range * range * (double)count / sum);
}

// The atom with the most energy in a code among those not taken yet.
static int strongest(const float *code, int atoms, size_t places, const int *taken, int taken_count)
{
    int best = -1;
    double most = -1;
    for (int k = 0; k < atoms; k++) {
        double energy = 0;
        for (size_t i = 0; i < places; i++)
            energy += (double)code[(size_t)k * places + i] * (double)code[(size_t)k * places + i];
        for (int t = 0; t < taken_count; t++)
            if (taken[t] == k) energy = -2;
        if (energy > most) {
            most = energy;
            best = k;
        }
    }
    return best;
}

// The map of one atom's codes; grey is 0, the largest |code| of the view is black or white. Of a
// patch, which has one place for each atom, the atom itself.
static code_tile map_tile(const sparse_model *m, const float *code, int atom, float most)
{
    const code_layout *l = &m->layout;
    int k = l->geometry.kernel, channels = l->geometry.channels;
    size_t places = (size_t)l->height * (size_t)l->width;
    if (places > 1)
        return (code_tile){code + (size_t)atom * places, 1, l->height, l->width, -most, most};
    size_t size = (size_t)channels * (size_t)k * (size_t)k;
    const float *taps = sparse_model_atoms(m) + (size_t)atom * size;
    float low, high;
    find_range(taps, size, &low, &high);
    most = fmaxf(-low, high);
    return (code_tile){taps, channels, k, k, -most, most};
}

static void draw_maps(reconstruction *r, int row)
{
    const sparse_model *m = code_stack_model(&r->stack, 0);
    const code_layout *l = &m->layout;
    size_t codes = code_layout_codes(l), places = (size_t)l->height * (size_t)l->width;
    const float *code = m->code_planes + (size_t)row * codes;
    float low, high;
    int taken[MAPS];
    find_range(code, codes, &low, &high);
    for (int i = 0; i < map_count(r); i++) {
        taken[i] = strongest(code, l->geometry.atoms, places, taken, i);
        code_tile tile = map_tile(m, code, taken[i], fmaxf(-low, high));
        code_sheet_place(&r->sheet, row, 2 + i, &tile);
    }
}

static void draw_row(reconstruction *r, int row)
{
    const sparse_model *m = code_stack_model(&r->stack, 0);
    shape view = m->setup.view;
    size_t pixels = code_layout_pixels(&m->layout);
    code_tile tile = {r->stack.images + (size_t)row * pixels, view.c, view.h, view.w, 0, 0};
    const float *original = tile.planes;
    find_range(original, pixels, &tile.low, &tile.high);
    code_sheet_place(&r->sheet, row, 0, &tile);
    tile.planes = r->image;
    bool counts = tile.high > tile.low;
    printf("%6d", row);
    for (int level = r->stack.levels - 1; level >= 0; level--) {
        code_stack_reconstruct(&r->stack, level, row, r->image);
        double psnr = find_psnr(original, r->image, pixels, (double)(tile.high - tile.low));
        code_sheet_place(&r->sheet, row, r->stack.levels - level, &tile);
        if (counts) r->psnr[level] += psnr;
        printf("  %8.2f", psnr);
    }
    printf("\n");
    r->counted += counts;
    draw_maps(r, row);
}

static void print_means(const reconstruction *r)
{
    printf("  mean");
    for (int level = r->stack.levels - 1; level >= 0; level--)
        printf("  %8.2f", r->psnr[level] / r->counted);
    printf("\n");
    if (r->stack.levels > 1)
        printf("all levels together, each with what the one above leaves out, are Z0: %.2f\n",
               r->psnr[0] / r->counted);
}

// Local.
static status reconstruct(reconstruction *r)
{
    TRY(code_stack_infer(&r->stack, r->world));
    TRY(open_sheet(r));
    printf("PSNR, dB, of a view from the codes of each level alone\n  view");
    for (int level = r->stack.levels - 1; level >= 0; level--)
        printf("        Z%d", level);
    printf("\n");
    for (int row = 0; row < r->stack.rows; row++)
        draw_row(r, row);
    print_means(r);
    return sheet_write(r->out, &r->sheet.sheet, &r->sheet.cell);
}

static void destroy(reconstruction *r)
{
    code_sheet_free(&r->sheet);
    code_stack_close(&r->stack);
    free(r->image);
}

// Rank 0 works; it is a picture of a few views.
static status run(const world *w, int argc, char **argv)
{
    reconstruction r = {.world = w};
    status s = ST_OK;
    if (w->rank == 0) {
        s = open_all(&r, argc, argv);
        if (s == ST_OK) s = reconstruct(&r);
        destroy(&r);
    }
    return agree_done(w, s);
}

const command_type command_reconstruct = {
    .name = "reconstruct",
    .usage = "RUN... DATA OUT.png [--force] [key=value ...]",
    .help = "draw images beside what a sparse run's codes make of them, and print PSNR",
    .more =
        "of one run:      original, reconstruction, the maps of the atoms that do most (of "
        "patches\n"
        "                 the atoms)\n"
        "of several runs, each trained on the codes of the one before (encode --dense, without\n"
        "more; data.augment=as_is): original, then from the codes of the last run alone, of the\n"
        "one before, and so on\n"
        "--force          replace OUT.png, if it is there; never one of the files that are read\n",
    .run = run,
};
