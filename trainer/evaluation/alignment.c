// trainer/evaluation/alignment.c -- chunks of two random views, dealt to the ranks; their distances
// summed in the order of chunks.
#include "trainer/evaluation/alignment.h"

#include "comm/agree.h"
#include "comm/exchange.h"
#include "trainer/streams/chunk_loader.h"
#include "trainer/evaluation/health.h"

#include <stdlib.h>

// Chunk i of those measured is chunk i * spread of the data set, and with rank i mod P.
typedef struct selection {
    uint64_t count, spread;
} selection;

static selection select_chunks(const image_stream *s)
{
    uint64_t spread = (s->chunk_count + ALIGNMENT_CHUNKS - 1) / ALIGNMENT_CHUNKS;
    return (selection){(s->chunk_count + spread - 1) / spread, spread};
}

static status start(const image_stream *s, const world *w, augmenter *views, uint64_t seed,
                    loader **pairs)
{
    selection chosen = select_chunks(s);
    chunk_walk walk = {.seed = seed,
                       .samples = s->info->count,
                       .count = chosen.count,
                       .spread = chosen.spread,
                       .rows = EMBEDDING_ROWS,
                       .views = 2};
    return chunk_loader_create(pairs, s->data, views, w, &walk);
}

// sums[i]: of the squared distances in chunk i, for the own ones.
static status measure_own(const embedding *how, const image_stream *s, loader *pairs, float *rows,
                          double *sums)
{
    float *second = rows + (size_t)EMBEDDING_ROWS * (size_t)how->dim;
    status trouble = ST_OK;
    uint64_t spread = select_chunks(s).spread, chunk;
    int count;
    while ((count = embedding_next_pair(how, s, pairs, rows, second, &chunk, &trouble)) > 0)
        sums[chunk / spread] = health_alignment(rows, second, count, how->dim) * count;
    return trouble;
}

// Collective. The sum over all chunks by the images in them.
static double average(const image_stream *s, const world *w, const double *own, double *all)
{
    selection chosen = select_chunks(s);
    double sum = 0;
    uint64_t images = 0;
    exchange_gather(w, own, ALIGNMENT_CHUNKS * sizeof *own, all);
    for (uint64_t i = 0; i < chosen.count; i++) {
        sum += all[(i % (uint64_t)w->size) * ALIGNMENT_CHUNKS + i];
        images += (uint64_t)image_stream_rows(s, i * chosen.spread);
    }
    return sum / (double)images;
}

status alignment_measure(const embedding *how, const image_stream *s, const world *w,
                         augmenter *views, uint64_t seed, double *alignment)
{
    ASSERT(how->unit);
    double own[ALIGNMENT_CHUNKS] = {0};
    float *rows = calloc(2 * (size_t)EMBEDDING_ROWS * (size_t)how->dim, sizeof *rows);
    double *all = calloc((size_t)w->size * ALIGNMENT_CHUNKS, sizeof *all);
    loader *pairs = NULL;
    status mine = rows != NULL && all != NULL
                      ? start(s, w, views, seed, &pairs)
                      : failure(ST_INTERNAL, "no memory for the features of two views");
    status agreed = agree(w, mine);
    if (agreed == ST_OK) agreed = agree(w, measure_own(how, s, pairs, rows, own));
    if (agreed == ST_OK) *alignment = average(s, w, own, all);
    loader_destroy(pairs);
    free(all);
    free(rows);
    return agreed;
}
