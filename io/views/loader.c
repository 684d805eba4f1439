// io/views/loader.c -- the I/O thread, and the two batches that go to and fro.
#include "io/views/loader.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/pulse.h"
#include "base/thread.h"
#include "base/trace.h"
#include "io/files/block_cache.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCHES      2
#define MESSAGE_SIZE 512

// Images of which there are several samples are kept, as far as they fit: the next batch has them
// too.
#define KEPT_BYTES  ((size_t)64 << 20)
#define KEPT_IMAGES 256

// One of the two batches. Written by the I/O thread until it is counted in `filled`, then the
// caller's until it is counted in `released`.
typedef struct slot {
    batch batch;
    float *views[LOADER_MAX_VIEWS];
    uint64_t *ids[LOADER_MAX_VIEWS];
    char message[MESSAGE_SIZE];
} slot;

// An image read, as a block of the cache; its pixels are behind it.
typedef union kept_image {
    image_size size;
    unsigned char padding[64];
} kept_image;

// A place in a batch, and the sample that belongs there.
typedef struct place {
    uint64_t sample;
    uint32_t view, row;
} place;

struct loader {
    dataset *dataset;
    augmenter *augmenter;
    loader_plan plan;
    size_t view_floats; // of one view of one sample
    arena memory;
    slot slots[BATCHES];
    // Of the I/O thread alone: images read, of which the augmenter holds the last, and the places
    // of the batch being filled, sorted by sample.
    block_cache images;
    uint64_t image_id;
    bool has_image;
    place *places;

    pthread_t thread;
    bool started;
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t change;
    uint64_t filled, released; // batches so far
    bool stop;

    bool lent; // of the caller's thread alone: it has a batch
};

uint64_t loader_samples(uint64_t images, uint64_t patches)
{
    return patches > 0 ? images * patches : images;
}

static uint64_t row_count(const loader_plan *p)
{
    return (uint64_t)p->worker_count * (uint64_t)p->worker_batch;
}

static uint64_t sample_of(const loader_plan *p, uint64_t step, int view, uint64_t row)
{
    uint64_t position = (uint64_t)p->first_worker * (uint64_t)p->worker_batch + row;
    if (p->views[view].shuffled) position = order_shuffled(&p->order, step, position);
    return p->mode == LOADER_SHUFFLED ? order_sample(&p->order, step, position)
                                      : order_sequential(&p->order, step, position);
}

static bool is_before(const place *a, const place *b)
{
    if (a->sample != b->sample) return a->sample < b->sample;
    return a->view != b->view ? a->view < b->view : a->row < b->row;
}

// Lets heap[root] sink until no child is behind it.
static void sink(place *heap, size_t root, size_t count)
{
    place sinking = heap[root];
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && is_before(&heap[child], &heap[child + 1])) child++;
        if (!is_before(&sinking, &heap[child])) break;
        heap[root] = heap[child];
    }
    heap[root] = sinking;
}

// Heapsort: qsort would allocate.
static void sort_places(place *places, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sink(places, i, count);
    for (size_t left = count; left-- > 1;) {
        place last = places[0];
        places[0] = places[left];
        places[left] = last;
        sink(places, 0, left);
    }
}

// The places of step `step` in the order in which to read them; returns how many.
static size_t list_places(loader *l, uint64_t step)
{
    const loader_plan *p = &l->plan;
    size_t count = 0;
    for (uint64_t row = 0; row < row_count(p); row++)
        for (int v = 0; v < p->view_count; v++)
            l->places[count++] = (place){sample_of(p, step, v, row), (uint32_t)v, (uint32_t)row};
    sort_places(l->places, count);
    return count;
}

static status get_image(loader *l, uint64_t id, kept_image **found)
{
    *found = block_cache_find(&l->images, 0, id);
    if (*found != NULL) return ST_OK;
    *found = block_cache_claim(&l->images, 0, id); // never the current one, used last
    status s = dataset_read_sized(l->dataset, id, *found + 1, &(*found)->size);
    if (s != ST_OK) block_cache_forget(&l->images, 0, id);
    return s;
}

// Makes image `id` the current one. On failure the current one stays, and the batch says why.
static void take_image(loader *l, slot *s, uint64_t id)
{
    if (l->has_image && l->image_id == id) return;
    status_clear();
    pulse_sample(id);
    kept_image *taken;
    status result = get_image(l, id, &taken);
    if (result == ST_OK) {
        augmenter_take(l->augmenter, taken + 1, taken->size);
        l->image_id = id;
        l->has_image = true;
    } else if (s->batch.status == ST_OK) {
        s->batch.status = result;
        snprintf(s->message, MESSAGE_SIZE, "%s", status_message());
    }
}

static void fill(loader *l, slot *s, uint64_t step)
{
    const loader_plan *p = &l->plan;
    uint64_t per_image = loader_samples(1, p->patches);
    uint32_t epoch = 0;
    if (p->mode == LOADER_SHUFFLED) epoch = (uint32_t)(step / order_steps_per_epoch(&p->order));
    s->batch.step = step;
    s->batch.status = ST_OK;
    s->message[0] = '\0';
    size_t count = list_places(l, step);
    for (size_t i = 0; i < count; i++) {
        const place *at = &l->places[i];
        uint64_t id = at->sample;
        take_image(l, s, id / per_image);
        if (l->has_image) id = l->image_id * per_image + id % per_image;
        s->ids[at->view][at->row] = id;
        augmenter_view(l->augmenter, p->order.seed, epoch, id, (uint32_t)p->views[at->view].draw,
                       s->views[at->view] + at->row * l->view_floats);
    }
}

// Waits until one of the batches is free; false when the loader is to stop.
static bool wait_for_room(loader *l)
{
    pthread_mutex_lock(&l->mutex);
    while (!l->stop && l->filled - l->released == BATCHES)
        pthread_cond_wait(&l->change, &l->mutex);
    bool go_on = !l->stop;
    pthread_mutex_unlock(&l->mutex);
    return go_on;
}

static void *run(void *context)
{
    loader *l = context;
    for (uint64_t i = 0; i < l->plan.step_count && wait_for_room(l); i++) {
        double start = clock_seconds();
        uint64_t step = l->plan.first_step + i * l->plan.step_stride;
        fill(l, &l->slots[i % BATCHES], step);
        trace_numbered(TRACE_LOADER, "batch", step, start, clock_seconds());
        pthread_mutex_lock(&l->mutex);
        l->filled++;
        pthread_cond_broadcast(&l->change);
        pthread_mutex_unlock(&l->mutex);
    }
    return NULL;
}

// At least two: the current one, and the one being read.
static status keep_images(loader *l)
{
    const dataset_info *info = dataset_get_info(l->dataset);
    size_t bytes = sizeof(kept_image) + arena_padded(info->sample_bytes), least = 2 * bytes;
    size_t budget = l->plan.patches > 0 && KEPT_BYTES > least ? KEPT_BYTES : least;
    TRY(block_cache_create(&l->images, bytes, budget, KEPT_IMAGES));
    // Zeros, until the first image is there.
    kept_image *none = block_cache_claim(&l->images, 0, UINT64_MAX);
    augmenter_take(l->augmenter, none + 1, (image_size){info->height, info->width});
    return ST_OK;
}

static status take_memory(loader *l)
{
    const loader_plan *p = &l->plan;
    l->view_floats = (size_t)augmenter_channels(l->augmenter) *
                     (size_t)augmenter_height(l->augmenter) * (size_t)augmenter_width(l->augmenter);
    size_t views_bytes = row_count(p) * l->view_floats * sizeof(float);
    size_t ids_bytes = row_count(p) * sizeof(uint64_t);
    size_t view_bytes = arena_padded(views_bytes) + arena_padded(ids_bytes);
    size_t places_bytes = row_count(p) * (size_t)p->view_count * sizeof *l->places;
    TRY(arena_create(&l->memory,
                     BATCHES * (size_t)p->view_count * view_bytes + arena_padded(places_bytes),
                     "batches"));
    for (int i = 0; i < BATCHES; i++) {
        slot *s = &l->slots[i];
        s->batch.message = s->message;
        for (int v = 0; v < p->view_count; v++) {
            s->batch.views[v] = s->views[v] = arena_take(&l->memory, views_bytes);
            s->batch.ids[v] = s->ids[v] = arena_take(&l->memory, ids_bytes);
        }
    }
    l->places = arena_take(&l->memory, places_bytes);
    return keep_images(l);
}

status loader_create(loader **out, dataset *d, augmenter *a, const loader_plan *plan)
{
    ASSERT(plan->view_count >= 1 && plan->view_count <= LOADER_MAX_VIEWS);
    ASSERT(row_count(plan) > 0 && plan->step_stride > 0);
    ASSERT(plan->order.count == loader_samples(dataset_get_info(d)->count, plan->patches));
    *out = NULL;
    loader *l = calloc(1, sizeof *l);
    CHECK(l != NULL, ST_INTERNAL, "no memory for a loader");
    l->dataset = d;
    l->augmenter = a;
    l->plan = *plan;
    pthread_mutex_init(&l->mutex, NULL);
    pthread_cond_init(&l->change, NULL);
    status s = take_memory(l);
    if (s == ST_OK) s = thread_start(&l->thread, run, l, "the I/O thread");
    l->started = s == ST_OK;
    if (s == ST_OK)
        *out = l;
    else
        loader_destroy(l);
    return s;
}

const batch *loader_next(loader *l, double *wait_seconds)
{
    pulse_tick();
    pthread_mutex_lock(&l->mutex);
    if (l->lent) {
        l->released++;
        l->lent = false;
        pthread_cond_broadcast(&l->change);
    }
    const batch *next = NULL;
    if (l->released < l->plan.step_count) {
        double start = clock_seconds();
        while (l->filled == l->released)
            pthread_cond_wait(&l->change, &l->mutex);
        *wait_seconds += clock_seconds() - start;
        next = &l->slots[l->released % BATCHES].batch;
        l->lent = true;
    }
    pthread_mutex_unlock(&l->mutex);
    return next;
}

void loader_destroy(loader *l)
{
    if (l == NULL) return;
    if (l->started) {
        pthread_mutex_lock(&l->mutex);
        l->stop = true;
        pthread_cond_broadcast(&l->change);
        pthread_mutex_unlock(&l->mutex);
        ASSERT(pthread_join(l->thread, NULL) == 0);
    }
    pthread_cond_destroy(&l->change);
    pthread_mutex_destroy(&l->mutex);
    block_cache_destroy(&l->images);
    arena_destroy(&l->memory);
    free(l);
}
