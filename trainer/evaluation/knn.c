// trainer/evaluation/knn.c -- a heap of the k best for each query; similarities by blocks of fixed
// shape.
#include "trainer/evaluation/knn.h"

#include "base/pulse.h"

#include "comm/exchange.h"
#include "models/kernels/matmul.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct neighbour {
    float similarity;
    int32_t label;
    uint64_t index; // in the bank
} neighbour;

struct knn {
    const float *queries; // (query_count, dim)
    uint64_t query_count;
    int dim, k;
    neighbour *heaps;    // (query_count, k), the worst first
    int *used;           // (query_count)
    float *similarities; // (KNN_ROWS, KNN_ROWS)
    float *padded;       // (KNN_ROWS, dim): the last block of queries, filled up with zeros
};

status knn_create(knn **n, const float *queries, uint64_t query_count, int dim, int k)
{
    knn *made = calloc(1, sizeof *made);
    CHECK(made != NULL, ST_INTERNAL, "no memory for kNN");
    *made = (knn){.queries = queries, .query_count = query_count, .dim = dim, .k = k};
    made->heaps = calloc(query_count * (size_t)k, sizeof *made->heaps);
    made->used = calloc(query_count, sizeof *made->used);
    made->similarities = calloc((size_t)KNN_ROWS * KNN_ROWS, sizeof(float));
    made->padded = calloc((size_t)KNN_ROWS * (size_t)dim, sizeof(float));
    *n = made;
    bool complete = made->heaps != NULL && made->used != NULL && made->similarities != NULL &&
                    made->padded != NULL;
    if (complete) return ST_OK;
    knn_destroy(made);
    *n = NULL;
    return failure(ST_INTERNAL, "no memory for the %d neighbours of %llu samples", k,
                   (unsigned long long)query_count);
}

void knn_destroy(knn *n)
{
    if (n == NULL) return;
    free(n->heaps);
    free(n->used);
    free(n->similarities);
    free(n->padded);
    free(n);
}

static bool worse(const neighbour *a, const neighbour *b)
{
    if (a->similarity != b->similarity) return a->similarity < b->similarity;
    return a->index > b->index;
}

static void sink(neighbour *heap, int used, int at)
{
    for (;;) {
        int child = 2 * at + 1;
        if (child >= used) return;
        if (child + 1 < used && worse(&heap[child + 1], &heap[child])) child++;
        if (!worse(&heap[child], &heap[at])) return;
        neighbour moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
        at = child;
    }
}

static void rise(neighbour *heap, int at)
{
    while (at > 0 && worse(&heap[at], &heap[(at - 1) / 2])) {
        neighbour moved = heap[at];
        heap[at] = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = moved;
        at = (at - 1) / 2;
    }
}

static void offer(neighbour *heap, int *used, int k, neighbour candidate)
{
    if (*used < k) {
        heap[*used] = candidate;
        rise(heap, (*used)++);
    } else if (worse(&heap[0], &candidate)) {
        heap[0] = candidate;
        sink(heap, k, 0);
    }
}

void knn_add_bank(knn *n, const float *bank, int rows, uint64_t first_index, const int64_t *labels)
{
    size_t dim = (size_t)n->dim;
    for (uint64_t first = 0; first < n->query_count; first += KNN_ROWS) {
        const float *block = n->queries + first * dim;
        pulse_tick();
        uint64_t count = n->query_count - first;
        if (count < KNN_ROWS) {
            memcpy(n->padded, block, count * dim * sizeof(float));
            block = n->padded;
        } else {
            count = KNN_ROWS;
        }
        matmul(false, true, KNN_ROWS, KNN_ROWS, n->dim, 1.0f, block, bank, 0.0f, n->similarities);
        for (uint64_t q = 0; q < count; q++) {
            neighbour *heap = n->heaps + (first + q) * (size_t)n->k;
            const float *row = n->similarities + q * KNN_ROWS;
            for (int i = 0; i < rows; i++) {
                if (labels[i] < 0) continue;
                neighbour candidate = {row[i], (int32_t)labels[i], first_index + (uint64_t)i};
                offer(heap, &n->used[first + q], n->k, candidate);
            }
        }
    }
}

static int best_first(const void *a, const void *b)
{
    return worse(a, b) ? 1 : -1; // never equal: indices differ
}

// Votes in order of similarity, so the sums have one order.
static int winner(neighbour *all, int count, int k, int classes, double temperature, double *votes)
{
    qsort(all, (size_t)count, sizeof *all, best_first);
    for (int c = 0; c < classes; c++)
        votes[c] = 0;
    for (int i = 0; i < count && i < k; i++)
        votes[all[i].label] += exp((double)all[i].similarity / temperature);
    int best = 0;
    for (int c = 1; c < classes; c++)
        if (votes[c] > votes[best]) best = c;
    return best;
}

// Collective. The heaps of one block of queries from all ranks: what is unused has label -1.
static void gather_block(knn *n, const world *w, uint64_t first, uint64_t count, neighbour *mine,
                         neighbour *all)
{
    for (uint64_t q = 0; q < count; q++)
        for (int i = 0; i < n->k; i++) {
            bool used = i < n->used[first + q];
            mine[q * (size_t)n->k + (size_t)i] =
                used ? n->heaps[(first + q) * (size_t)n->k + (size_t)i] : (neighbour){0, -1, 0};
        }
    exchange_gather(w, mine, count * (size_t)n->k * sizeof *mine, all);
}

status knn_vote(knn *n, const world *w, const int64_t *labels, int classes, double temperature,
                uint64_t *correct, uint64_t *voted)
{
    uint64_t rows = 1 + 4096 / (uint64_t)w->size; // of a block: bounds the memory of many ranks
    size_t block = rows * (size_t)n->k;
    neighbour *mine = calloc(block, sizeof *mine);
    neighbour *all = calloc(block * (size_t)w->size, sizeof *all);
    neighbour *merged = calloc((size_t)n->k * (size_t)w->size, sizeof *merged);
    double *votes = calloc((size_t)classes + 1, sizeof *votes);
    bool complete = mine != NULL && all != NULL && merged != NULL && votes != NULL;
    *correct = *voted = 0;
    for (uint64_t first = 0; complete && first < n->query_count; first += rows) {
        uint64_t count = n->query_count - first < rows ? n->query_count - first : rows;
        gather_block(n, w, first, count, mine, all);
        for (uint64_t q = 0; q < count; q++) {
            if (labels[first + q] < 0) continue;
            int candidates = 0;
            for (int rank = 0; rank < w->size; rank++)
                for (int i = 0; i < n->k; i++) {
                    const neighbour *one =
                        &all[((uint64_t)rank * count + q) * (size_t)n->k + (size_t)i];
                    if (one->label >= 0) merged[candidates++] = *one;
                }
            int class = winner(merged, candidates, n->k, classes, temperature, votes);
            *correct += class == labels[first + q];
            ++*voted;
        }
    }
    free(mine);
    free(all);
    free(merged);
    free(votes);
    CHECK(complete, ST_INTERNAL, "no memory to gather the neighbours of all ranks");
    return ST_OK;
}
