// trainer/streams/embedding.c -- streams of image chunks, and their rows of features on one or all
// ranks.
#include "trainer/streams/embedding.h"

#include "base/stop_signal.h"

#include "comm/exchange.h"
#include "io/views/recipes.h"
#include "trainer/streams/chunk_loader.h"

#include <math.h>
#include <stdlib.h>

status image_stream_open(image_stream *s, const job *j, const view_statistics *training,
                         const char *files)
{
    dataset_source source = job_source(j, files);
    TRY(dataset_open(&s->data, &source));
    s->info = dataset_get_info(s->data);
    dataset_fill_nan(s->data, training->mean);
    s->chunk_count = (s->info->count + EMBEDDING_ROWS - 1) / EMBEDDING_ROWS;
    return views_create(&s->augmenter, recipe_for_evaluation(j->data.augment), j, s->info,
                        training);
}

void image_stream_close(image_stream *s)
{
    if (s->augmenter != NULL) augmenter_destroy(s->augmenter);
    if (s->data != NULL) dataset_close(s->data);
}

status image_stream_start(const image_stream *s, const world *w, loader **chunks)
{
    chunk_walk all = {.samples = s->info->count,
                      .count = s->chunk_count,
                      .spread = 1,
                      .rows = EMBEDDING_ROWS,
                      .views = 1};
    return chunk_loader_create(chunks, s->data, s->augmenter, w, &all);
}

status image_stream_labels(const image_stream *s, int64_t **labels)
{
    int64_t *room = calloc(s->info->count, sizeof *room);
    *labels = room;
    CHECK(room != NULL, ST_INTERNAL, "no memory for %llu labels",
          (unsigned long long)s->info->count);
    return dataset_read_labels(s->data, 0, s->info->count, room);
}

static void normalise_rows(float *rows, int dim)
{
    for (int r = 0; r < EMBEDDING_ROWS; r++) {
        float *row = rows + (size_t)r * (size_t)dim;
        double square = 0;
        for (int i = 0; i < dim; i++)
            square += (double)row[i] * (double)row[i];
        float scale = (float)(1 / fmax(sqrt(square), 1e-12));
        for (int i = 0; i < dim; i++)
            row[i] *= scale;
    }
}

int image_stream_rows(const image_stream *s, uint64_t chunk)
{
    uint64_t left = s->info->count - chunk * EMBEDDING_ROWS;
    return left < EMBEDDING_ROWS ? (int)left : EMBEDDING_ROWS;
}

static void embed_view(const embedding *how, const float *images, float *rows)
{
    how->embed(how->state, images, rows);
    if (how->unit) normalise_rows(rows, how->dim);
}

static const batch *next_batch(loader *chunks, status *trouble)
{
    double waited = 0;
    const batch *b = loader_next(chunks, &waited);
    if (b != NULL && b->status != ST_OK && *trouble == ST_OK)
        *trouble = failure(b->status, "%s", b->message);
    if (b != NULL && *trouble == ST_OK) *trouble = stop_signal_check();
    return b;
}

int embedding_next(const embedding *how, const image_stream *s, loader *chunks, float *rows,
                   uint64_t *chunk, status *trouble)
{
    const batch *b = next_batch(chunks, trouble);
    if (b == NULL) return 0;
    if (*trouble == ST_OK) embed_view(how, b->views[0], rows);
    *chunk = b->step;
    return image_stream_rows(s, b->step);
}

int embedding_next_pair(const embedding *how, const image_stream *s, loader *pairs, float *first,
                        float *second, uint64_t *chunk, status *trouble)
{
    const batch *b = next_batch(pairs, trouble);
    if (b == NULL) return 0;
    if (*trouble == ST_OK) embed_view(how, b->views[0], first);
    if (*trouble == ST_OK) embed_view(how, b->views[1], second);
    *chunk = b->step;
    return image_stream_rows(s, b->step);
}

static uint64_t round_count(const image_stream *s, const world *w)
{
    uint64_t ranks = (uint64_t)w->size;
    return (s->chunk_count + ranks - 1) / ranks;
}

static size_t chunk_floats(const embedding *how)
{
    return (size_t)EMBEDDING_ROWS * (size_t)how->dim;
}

size_t embedding_room(const embedding *how, const image_stream *s, const world *w)
{
    return round_count(s, w) * (size_t)w->size * chunk_floats(how);
}

status embedding_gather(const embedding *how, const image_stream *s, const world *w, loader *chunks,
                        float *rows)
{
    status trouble = ST_OK;
    size_t floats = chunk_floats(how);
    for (uint64_t round = 0; round < round_count(s, w); round++) {
        float *all = rows + round * (size_t)w->size * floats;
        float *mine = all + (size_t)w->rank * floats;
        uint64_t chunk;
        (void)embedding_next(how, s, chunks, mine, &chunk, &trouble);
        exchange_gather(w, mine, floats * sizeof(float), all);
    }
    return trouble;
}
