// trainer/streams/chunk_loader.c -- steps of the loader are chunks: rank, rank + P, rank + 2 P ...
#include "trainer/streams/chunk_loader.h"

status chunk_loader_create(loader **chunks, dataset *data, augmenter *a, const world *w,
                           const chunk_walk *walk)
{
    uint64_t rank = (uint64_t)w->rank, ranks = (uint64_t)w->size;
    loader_plan plan = {
        .mode = LOADER_SEQUENTIAL,
        .order = {walk->seed, walk->samples, (uint64_t)walk->rows},
        .patches = walk->patches,
        .worker_count = 1,
        .worker_batch = walk->rows,
        .view_count = walk->views,
        .first_step = rank * walk->spread,
        .step_stride = ranks * walk->spread,
        .step_count = rank < walk->count ? (walk->count - rank + ranks - 1) / ranks : 0,
    };
    for (int v = 0; v < walk->views; v++)
        plan.views[v] = (view_slot){v, false};
    return loader_create(chunks, data, a, &plan);
}
