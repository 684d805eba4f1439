// trainer/benches/data.c -- basin bench data JOB.yaml: what a sample costs on its way from the
// shards to a batch, part by part.
//
//   pread            the same bytes in the same order, and nothing else
//   read             dataset_fetch: bytes and checksum
//   read, decode     and dataset_decode: pixels
//   ... augment      and all views
//   loader           its thread, batch after batch
//
// Each line is a pass over the same images; a part's time is what its pass takes longer than the
// one before. Times are of the thread (loader: of the process), but those of cold files, which
// wait.
#include "base/clock.h"
#include "base/input.h"
#include "base/median.h"
#include "base/stop_signal.h"
#include "comm/agree.h"
#include "io/views/loader.h"
#include "trainer/bench.h"
#include "trainer/job/options.h"
#include "trainer/loop/training.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Steps of the loader. The first ones, which are not counted, write to memory that is new to the
// process.
enum { LEAST_STEPS = 10, FIRST_STEPS = 3 };

typedef struct data_options {
    int64_t images, repeats;
} data_options;

#define FIELD(member) offsetof(data_options, member)

static const config_field fields[] = {{"images", FIELD_INT, FIELD(images), "2048", 1, 1 << 24, NULL,
                                       "in random order; at most those there are"},
                                      {"repeats", FIELD_INT, FIELD(repeats), "5", 1,
                                       BENCH_MOST_REPEATS, NULL, "to take the median of"},
                                      {0}};

typedef enum pass { PREAD_COLD, READ_COLD, PREAD, READ, DECODE, AUGMENT, LOADER, PASSES } pass;

typedef struct data_bench {
    data_options options;
    job job;
    dataset *data;
    view_statistics training;
    augmenter *augmenter;
    uint64_t images;
    view_slot views[LOADER_MAX_VIEWS];
    int view_count;
    uint64_t *order;       // (images) the random order
    stored_sample *places; // (images) in that order; their bytes are not kept
    double bytes;          // of all of them
    int *descriptors;      // (shard_count) -1: not open
    uint64_t shard_count;  // that `places` name
    void *pixels;          // one image
    float *view;           // one view
    uint64_t loaded;       // samples that the loader makes after the first steps
    double loaded_since;   // when these are done
    double seconds[PASSES][BENCH_MOST_REPEATS], middle[PASSES];
} data_bench;

static status read_words(data_bench *b, int argc, char **argv)
{
    TRY(options_read("bench data", &argc, argv, fields, &b->options));
    CHECK(argc >= 1, ST_USAGE, "bench data: expected JOB.yaml [key=value ...]");
    TRY(options_check_overrides("bench data", argc - 1, argv + 1));
    return job_load(&b->job, argv[0], argc - 1, argv + 1);
}

// Where all images are; a file's bytes may be on no place of their own (chunks).
static status find_places(data_bench *b)
{
    uint64_t count = dataset_get_info(b->data)->count;
    for (uint64_t i = 0; i < b->images; i++) {
        b->order[i] = permutation_at((uint64_t)b->job.seed, RNG_ORDER, 0, 0, count, i);
        TRY(dataset_fetch(b->data, b->order[i], &b->places[i]));
        b->bytes += (double)b->places[i].size;
        if (b->places[i].place > 0 && b->places[i].shard >= b->shard_count)
            b->shard_count = b->places[i].shard + 1;
    }
    b->descriptors = malloc((b->shard_count + 1) * sizeof *b->descriptors);
    CHECK(b->descriptors != NULL, ST_INTERNAL, "no memory for a list of files");
    for (uint64_t i = 0; i < b->shard_count; i++)
        b->descriptors[i] = -1;
    for (uint64_t i = 0; i < b->images; i++) {
        const stored_sample *p = &b->places[i];
        if (p->place == 0) continue;
        ASSERT(p->shard < b->shard_count);
        if (b->descriptors[p->shard] >= 0) continue;
        TRY(input_open(&b->descriptors[p->shard], p->file));
    }
    return ST_OK;
}

static status open_data(data_bench *b)
{
    const job *j = &b->job;
    dataset_source source = job_source(j, j->data.train);
    TRY(dataset_open(&b->data, &source));
    const dataset_info *info = dataset_get_info(b->data);
    TRY(view_statistics_learn(&b->training, j, b->data));
    TRY(views_create(&b->augmenter, j->data.augment, j, info, &b->training));
    b->view_count = j->method->views(&j->method_config, b->views);
    b->images =
        (uint64_t)b->options.images < info->count ? (uint64_t)b->options.images : info->count;
    b->order = calloc(b->images, sizeof *b->order);
    b->places = calloc(b->images, sizeof *b->places);
    b->pixels = malloc(info->sample_bytes);
    b->view =
        malloc((size_t)augmenter_channels(b->augmenter) * (size_t)augmenter_height(b->augmenter) *
               (size_t)augmenter_width(b->augmenter) * sizeof *b->view);
    CHECK(b->order != NULL && b->places != NULL && b->pixels != NULL && b->view != NULL,
          ST_INTERNAL, "no memory for images");
    return find_places(b);
}

static void close_data(data_bench *b)
{
    for (uint64_t i = 0; b->descriptors != NULL && i < b->shard_count; i++)
        if (b->descriptors[i] >= 0) close(b->descriptors[i]);
    free(b->descriptors);
    free(b->order);
    free(b->places);
    free(b->pixels);
    free(b->view);
    if (b->augmenter != NULL) augmenter_destroy(b->augmenter);
    view_statistics_destroy(&b->training);
    dataset_close(b->data);
}

// Every file's pages out of the system's cache; what others have mapped stays.
static void make_cold(const data_bench *b)
{
    for (uint64_t i = 0; i < b->shard_count; i++)
        if (b->descriptors[i] >= 0)
            (void)posix_fadvise(b->descriptors[i], 0, 0, POSIX_FADV_DONTNEED);
}

static status pread_all(data_bench *b)
{
    stored_sample room;
    TRY(dataset_fetch(b->data, b->order[0], &room)); // its bytes have room for any sample
    for (uint64_t i = 0; i < b->images; i++) {
        const stored_sample *p = &b->places[i];
        if (p->place == 0) continue;
        ssize_t got = pread(b->descriptors[p->shard], room.bytes, p->size, (off_t)p->place);
        CHECK(got == (ssize_t)p->size, ST_IO, "%s: cannot be read: %s", p->file, strerror(errno));
    }
    return ST_OK;
}

static double now(pass what)
{
    if (what <= READ_COLD) return clock_seconds();
    return what == LOADER ? clock_process_seconds() : clock_thread_seconds();
}

static status load_all(data_bench *b)
{
    const job *j = &b->job;
    uint64_t samples = loader_samples(dataset_get_info(b->data)->count, (uint64_t)j->data.patches);
    uint64_t rows = (uint64_t)j->batch < samples ? (uint64_t)j->batch : samples;
    uint64_t steps = b->images / rows > LEAST_STEPS ? b->images / rows : LEAST_STEPS;
    loader_plan plan = {.mode = LOADER_SHUFFLED,
                        .order = {(uint64_t)j->seed, samples, rows},
                        .patches = (uint64_t)j->data.patches,
                        .worker_count = 1,
                        .worker_batch = (int)rows,
                        .view_count = b->view_count,
                        .step_stride = 1,
                        .step_count = steps};
    memcpy(plan.views, b->views, sizeof b->views);
    loader *l;
    double waited = 0;
    TRY(loader_create(&l, b->data, b->augmenter, &plan));
    status s = ST_OK;
    for (const batch *next; s == ST_OK && (next = loader_next(l, &waited)) != NULL;) {
        if (next->step + 1 == FIRST_STEPS) b->loaded_since = now(LOADER);
        if (next->status != ST_OK) s = failure(next->status, "%s", next->message);
    }
    loader_destroy(l);
    b->loaded = (steps - FIRST_STEPS) * rows;
    return s;
}

static status run_pass(data_bench *b, pass what)
{
    if (what == PREAD_COLD || what == PREAD) return pread_all(b);
    if (what == LOADER) return load_all(b);
    stored_sample stored;
    image_size size;
    for (uint64_t i = 0; i < b->images; i++) {
        uint64_t id = b->order[i];
        TRY(dataset_fetch(b->data, id, &stored));
        if (what < DECODE) continue;
        TRY(dataset_decode(b->data, &stored, b->pixels, &size));
        if (what < AUGMENT) continue;
        augmenter_take(b->augmenter, b->pixels, size);
        for (int v = 0; v < b->view_count; v++)
            augmenter_view(b->augmenter, (uint64_t)b->job.seed, 0, id, (uint32_t)b->views[v].draw,
                           b->view);
    }
    return ST_OK;
}

// The passes in turn, so that what changes on the machine meanwhile meets all of them.
static status measure(data_bench *b)
{
    TRY(open_data(b));
    for (int64_t i = 0; i < b->options.repeats; i++)
        for (pass k = 0; k < PASSES; k++) {
            TRY(stop_signal_check());
            if (k <= READ_COLD) make_cold(b);
            // Warm: of the system's cache and of the processor's, as reading on and on leaves them.
            if (k == PREAD || k == READ) TRY(run_pass(b, k));
            double since = now(k);
            TRY(run_pass(b, k));
            b->seconds[k][i] = now(k) - (k == LOADER ? b->loaded_since : since);
        }
    for (pass what = 0; what < PASSES; what++)
        b->middle[what] = median(b->seconds[what], (int)b->options.repeats);
    return ST_OK;
}

static void print_read(const data_bench *b, const char *name, pass ours, pass theirs)
{
    printf("%-22s %12.2f %12.3f", name, 1e6 * b->middle[ours] / (double)b->images,
           1e-9 * b->bytes / b->middle[ours]);
    if (b->shard_count > 0)
        printf("   %.2f of pread's %.3f", b->middle[theirs] / b->middle[ours],
               1e-9 * b->bytes / b->middle[theirs]);
    printf("\n");
}

static void print(const data_bench *b)
{
    const dataset_info *info = dataset_get_info(b->data);
    double images = (double)b->images, views = b->view_count;
    double decoding = (b->middle[DECODE] - b->middle[READ]) / images;
    double augmenting = (b->middle[AUGMENT] - b->middle[DECODE]) / images;
    double loading = b->middle[LOADER] / (double)b->loaded;
    printf("%s: %llu of %llu images of %s%d x %d x %d, %.1f kB; %d views of %d x %d x %d; medians "
           "of %lld\n",
           b->job.data.augment, (unsigned long long)b->images, (unsigned long long)info->count,
           info->varied ? "up to " : "", info->channels, info->height, info->width,
           1e-3 * b->bytes / images, b->view_count, augmenter_channels(b->augmenter),
           augmenter_height(b->augmenter), augmenter_width(b->augmenter),
           (long long)b->options.repeats);
    printf("%-22s %12s %12s\n", "what", "us an image", "GB/s");
    print_read(b, "read, cold", READ_COLD, PREAD_COLD);
    print_read(b, "read, warm", READ, PREAD);
    printf("%-22s %12.2f\n", "decode", 1e6 * decoding);
    printf("%-22s %12.2f %12s   %.2f us a view\n", "augment", 1e6 * augmenting, "",
           1e6 * augmenting / views);
    printf("%-22s %12.2f %12s   %.0f images/s a core", "loader", 1e6 * loading, "", 1 / loading);
    if (b->job.data.patches == 0)
        printf(", %.2f of what its parts take", b->middle[AUGMENT] / images / loading);
    printf("\n");
}

static status run(const world *w, int argc, char **argv)
{
    static data_bench b; // too large for a stack
    b = (data_bench){0};
    status s = agree(w, read_words(&b, argc, argv));
    if (s == ST_OK) {
        s = agree(w, measure(&b));
        if (s == ST_OK && w->rank == 0) print(&b);
        close_data(&b);
    }
    job_destroy(&b.job);
    return s;
}

const bench_type bench_data = {
    .name = "data",
    .usage = "JOB.yaml [--images N] [--repeats N] [key=value ...]",
    .help = "from shards to views: reading beside pread, decoding, augmentation and the loader",
    .run = run,
};
