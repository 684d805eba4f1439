// trainer/evaluation/probe_set.c -- chunks of features on their ranks; their sums are gathered
// round by round, one chunk a rank, and added in order.
#include "trainer/evaluation/probe_set.h"

#include "base/arena.h"
#include "comm/agree.h"
#include "comm/exchange.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t chunks_of(const probe_set *s)
{
    return (s->count + EMBEDDING_ROWS - 1) / EMBEDDING_ROWS;
}

status probe_set_create(probe_set *s, const world *w, uint64_t count, int dim,
                        const int64_t *labels)
{
    *s = (probe_set){.count = count, .dim = dim, .labels = labels};
    uint64_t chunks = chunks_of(s), ranks = (uint64_t)w->size, rank = (uint64_t)w->rank;
    uint64_t chunk_bytes = (uint64_t)EMBEDDING_ROWS * (uint64_t)dim * sizeof(float);
    uint64_t most = (chunks + ranks - 1) / ranks * chunk_bytes; // alike on all ranks
    CHECK(most <= PROBE_MAX_BYTES, ST_CONFIG,
          "the linear probe needs %.1f GiB a rank for the features of %llu samples (%d floats "
          "each), more than %.1f GiB; take %llu ranks, or leave it out with evaluate.probe=false",
          (double)most / (1 << 30), (unsigned long long)count, dim,
          (double)PROBE_MAX_BYTES / (1 << 30),
          (unsigned long long)(chunks * chunk_bytes / PROBE_MAX_BYTES + 1));
    s->chunk_count = rank < chunks ? (int)((chunks - rank + ranks - 1) / ranks) : 0;
    TRY(arena_check_room(((size_t)s->chunk_count + 1) * chunk_bytes, "the linear probe"));
    s->rows = calloc((size_t)s->chunk_count + 1, chunk_bytes);
    CHECK(s->rows != NULL, ST_INTERNAL, "no memory for the features of %llu samples",
          (unsigned long long)count);
    return ST_OK;
}

void probe_set_destroy(probe_set *s)
{
    free(s->rows);
    *s = (probe_set){0};
}

float *probe_set_chunk(const probe_set *s, const world *w, int own, uint64_t *first, int *count)
{
    *first = ((uint64_t)own * (uint64_t)w->size + (uint64_t)w->rank) * EMBEDDING_ROWS;
    uint64_t left = s->count - *first;
    if (count != NULL) *count = left < EMBEDDING_ROWS ? (int)left : EMBEDDING_ROWS;
    return s->rows + (size_t)own * EMBEDDING_ROWS * (size_t)s->dim;
}

void probe_set_sum(const probe_set *s, const world *w, const chunk_sum *how, double *total)
{
    uint64_t chunks = chunks_of(s), ranks = (uint64_t)w->size;
    memset(total, 0, how->count * sizeof *total);
    for (uint64_t first = 0, own = 0; first < chunks; first += ranks, own++) {
        if ((int)own < s->chunk_count) how->sum(how->state, (int)own, how->numbers);
        exchange_gather(w, how->numbers, how->count * sizeof *how->numbers, how->round);
        for (uint64_t rank = 0; rank < ranks && first + rank < chunks; rank++)
            for (size_t i = 0; i < how->count; i++)
                total[i] += how->round[rank * how->count + i];
    }
}

// What the column sums go over.
typedef struct columns {
    const world *world;
    const probe_set *set;
    bool squares;
} columns;

static void sum_columns(void *state, int own, double *numbers)
{
    const columns *c = state;
    size_t dim = (size_t)c->set->dim;
    uint64_t first;
    int count;
    const float *rows = probe_set_chunk(c->set, c->world, own, &first, &count);
    memset(numbers, 0, dim * sizeof *numbers);
    for (size_t row = 0; row < (size_t)count; row++)
        for (size_t i = 0; i < dim; i++) {
            double x = (double)rows[row * dim + i];
            numbers[i] += c->squares ? x * x : x;
        }
}

// rows <- (rows - shift) / scale, by column.
static void shift_and_scale(const probe_set *s, const double *shift, const double *scale)
{
    size_t dim = (size_t)s->dim, count = (size_t)s->chunk_count * EMBEDDING_ROWS;
    for (size_t row = 0; row < count; row++)
        for (size_t i = 0; i < dim; i++) {
            float *x = &s->rows[row * dim + i];
            *x = (float)(((double)*x - shift[i]) / scale[i]);
        }
}

// Collective. room: (4 + P, dim) numbers.
static status standardise(const world *w, const probe_set *train, const probe_set *test,
                          double *room)
{
    size_t dim = (size_t)train->dim;
    double *mean = room, *deviation = room + dim, *ones = room + 2 * dim;
    double samples = (double)train->count;
    columns over = {w, train, false};
    chunk_sum how = {sum_columns, &over, dim, room + 3 * dim, room + 4 * dim};
    probe_set_sum(train, w, &how, mean);
    for (size_t i = 0; i < dim; i++) {
        CHECK(isfinite(mean[i]), ST_DIVERGED, "dimension %zu of the features is not finite", i);
        mean[i] /= samples;
        ones[i] = 1;
    }
    shift_and_scale(train, mean, ones);
    over.squares = true;
    probe_set_sum(train, w, &how, deviation);
    for (size_t i = 0; i < dim; i++) {
        deviation[i] = sqrt(deviation[i] / samples);
        if (deviation[i] <= 1e-6 * fabs(mean[i])) deviation[i] = 1;
    }
    shift_and_scale(test, mean, deviation);
    memset(mean, 0, dim * sizeof *mean);
    shift_and_scale(train, mean, deviation);
    return ST_OK;
}

status probe_set_standardise(const world *w, probe_set *train, probe_set *test)
{
    double *room = calloc((4 + (size_t)w->size) * (size_t)train->dim, sizeof *room);
    status s = room != NULL ? ST_OK : failure(ST_INTERNAL, "no memory to standardise features");
    s = agree(w, s);
    if (s == ST_OK) {
        ASSERT(room != NULL);
        s = agree(w, standardise(w, train, test, room)); // all see the same sums and fail alike
    }
    free(room);
    return s;
}
