// trainer/codes/code_evaluation.c -- numbers of each view on the rank that infers its code,
// gathered in the order of views, then means.
#include "trainer/codes/code_evaluation.h"

#include "comm/agree.h"
#include "comm/exchange.h"
#include "models/kernels/dictionary/dictionary_overlap.h"
#include "trainer/sparse/code_numbers.h"
#include "trainer/codes/code_stream.h"
#include "trainer/streams/data_report.h"

#include <math.h>
#include <stdlib.h>

struct code_evaluator {
    const world *world;
    code_stream stream;
    code_numbers *numbers; // (rounds, ranks, CODE_ROWS): all views in order
};

static status build(code_evaluator *e, const job *j, const view_statistics *training,
                    const weights *learned)
{
    TRY(code_stream_open(&e->stream, j, training, j->data.test, (uint64_t)j->evaluate.codes,
                         false));
    data_report("data.test", dataset_get_info(e->stream.data));
    if (learned != NULL) TRY(trained_model_set(&e->stream.trained, learned, 0));
    size_t rows = code_stream_rounds(&e->stream, e->world) * (size_t)e->world->size * CODE_ROWS;
    e->numbers = calloc(rows, sizeof *e->numbers);
    CHECK(e->numbers != NULL, ST_INTERNAL, "no memory for the numbers of %zu codes", rows);
    return ST_OK;
}

status code_evaluator_create(code_evaluator **made, const world *w, const job *j,
                             const view_statistics *training, const weights *learned)
{
    code_evaluator *e = calloc(1, sizeof *e);
    CHECK(e != NULL, ST_INTERNAL, "no memory for the evaluation");
    e->world = w;
    status s = build(e, j, training, learned);
    if (s != ST_OK) {
        code_evaluator_destroy(e);
        return s;
    }
    *made = e;
    return ST_OK;
}

void code_evaluator_destroy(code_evaluator *e)
{
    if (e == NULL) return;
    code_stream_close(&e->stream);
    free(e->numbers);
    free(e);
}

// Collective. The first `rounds` of one chunk a rank. Errors, local: agree on it.
static status gather(code_evaluator *e, loader *chunks, uint64_t rounds)
{
    status trouble = ST_OK;
    size_t ranks = (size_t)e->world->size, bytes = CODE_ROWS * sizeof *e->numbers;
    for (uint64_t round = 0; round < rounds; round++) {
        code_numbers *all = e->numbers + round * ranks * CODE_ROWS;
        code_numbers *mine = all + (size_t)e->world->rank * CODE_ROWS;
        const float *images;
        uint64_t chunk;
        int rows = code_stream_next(&e->stream, chunks, &images, &chunk, &trouble);
        for (int n = 0; n < rows && trouble == ST_OK; n++)
            mine[n] = code_numbers_of(&e->stream.trained.model, images, n);
        exchange_gather(e->world, mine, bytes, all);
    }
    return trouble;
}

static code_evaluation means(const code_evaluator *e)
{
    uint64_t count = e->stream.count;
    double sums[CODE_NUMBERS] = {0};
    for (uint64_t n = 0; n < count; n++)
        for (int i = 0; i < CODE_NUMBERS; i++)
            sums[i] += e->numbers[n].of[i];
    for (int i = 0; i < CODE_NUMBERS; i++)
        sums[i] /= (double)count;
    return (code_evaluation){
        count,          sums[CODE_ENERGY],     sums[CODE_ERROR],   sums[CODE_NONZERO],
        sums[CODE_GAP], sums[CODE_ITERATIONS], sums[CODE_ENCODER], (double)NAN};
}

// Collective. `ready` tells whether this rank has the weights.
static status infer(code_evaluator *e, status ready, uint64_t rounds)
{
    loader *chunks = NULL;
    if (ready == ST_OK) ready = code_stream_start(&e->stream, e->world, &chunks);
    status s = agree(e->world, ready);
    if (s == ST_OK) s = agree(e->world, gather(e, chunks, rounds));
    loader_destroy(chunks);
    return s;
}

// Collective.
static status evaluate(code_evaluator *e, status ready, code_evaluation *found)
{
    TRY(infer(e, ready, code_stream_rounds(&e->stream, e->world)));
    *found = means(e);
    return ST_OK;
}

status code_evaluator_weights(code_evaluator *e, const weights *learned, double lambda,
                              code_evaluation *found)
{
    return evaluate(e, trained_model_set(&e->stream.trained, learned, lambda), found);
}

status code_evaluator_rehearse(code_evaluator *e, const weights *learned, double lambda)
{
    return infer(e, trained_model_set(&e->stream.trained, learned, lambda), 1);
}

status code_evaluator_checkpoint(code_evaluator *e, const char *path, code_evaluation *found)
{
    TRY(evaluate(e, trained_model_read(&e->stream.trained, path), found));
    const sparse_model *m = &e->stream.trained.model;
    found->coherence = dictionary_coherence(sparse_model_atoms(m), (int)m->setup.config->atoms,
                                            m->setup.view.c, (int)m->setup.config->kernel);
    return ST_OK;
}
