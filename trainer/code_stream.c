// trainer/code_stream.c -- see code_stream.h.
#include "trainer/code_stream.h"

#include "io/recipes.h"
#include "trainer/whitening.h"

#include <stdlib.h>
#include <string.h>

static status open_data(code_stream *s, const char *files, uint64_t most)
{
    const job *j = s->job;
    dataset_source source = job_source(j, files);
    TRY(dataset_open(&s->data, &source));
    const dataset_info *info = dataset_get_info(s->data);
    s->stored = loader_samples(info->count, (uint64_t)j->data.patches);
    s->count = most > 0 && most < s->stored ? most : s->stored;
    s->chunk_count = (s->count + CODE_ROWS - 1) / CODE_ROWS;
    return views_create(&s->augmenter, recipe_for_evaluation(j->data.augment), j, info);
}

// All weights come later, so no other run's atoms are wanted; without inference the start is the
// result.
static status open_model(code_stream *s, bool encoder_codes)
{
    const solver_type *no_solver = solver_find("encoder_only");
    memcpy(&s->config, &s->job->method_config, sizeof s->config);
    s->choice = s->job->inference;
    s->config.dictionary[0] = '\0';
    if (encoder_codes || s->choice.solver == no_solver) {
        CHECK(s->choice.encoder->build != NULL, ST_CONFIG,
              "%s: this run has no encoder, so there are only codes by inference", s->job->run);
        s->choice.solver = no_solver;
        snprintf(s->config.start, sizeof s->config.start, "encoder");
    }
    shape view = {CODE_ROWS, augmenter_channels(s->augmenter), augmenter_height(s->augmenter),
                  augmenter_width(s->augmenter)};
    sparse_setup setup = {&s->config, &s->choice, view, (uint64_t)s->job->seed, false};
    return sparse_model_create(&s->model, &setup);
}

status code_stream_open(code_stream *s, const job *j, const char *files, uint64_t most,
                        bool encoder_codes)
{
    ASSERT(j->method->kind == METHOD_INFERS);
    *s = (code_stream){.job = j};
    TRY(open_data(s, files, most));
    return open_model(s, encoder_codes);
}

void code_stream_close(code_stream *s)
{
    sparse_model_destroy(&s->model);
    if (s->augmenter != NULL) augmenter_destroy(s->augmenter);
    if (s->data != NULL) dataset_close(s->data);
}

static void choose_lambda(code_stream *s, float learned)
{
    bool density = strcmp(s->choice.lambda_unit, "density") == 0;
    s->lambda = density ? learned : (float)s->choice.lambda;
}

status code_stream_set(code_stream *s, const float *params, const float *statistics, double lambda)
{
    weights *w = &s->model.weights;
    memcpy(w->params, params, w->param_count * sizeof *params);
    memcpy(w->statistics, statistics, w->statistic_count * sizeof *statistics);
    choose_lambda(s, (float)lambda);
    return sparse_model_follow(&s->model);
}

static status read_arrays(const char *path, checkpoint_array *arrays, size_t count)
{
    checkpoint *file = NULL;
    TRY(checkpoint_open(&file, path));
    status s = ST_OK;
    for (size_t i = 0; i < count && s == ST_OK; i++)
        s = checkpoint_read(file, &arrays[i]);
    checkpoint_close(file);
    return s;
}

status code_stream_read(code_stream *s, const char *path)
{
    weights *w = &s->model.weights;
    float lambda = 0;
    size_t params = weights_describe_params(w, SPARSE_PREFIX, w->params, NULL);
    size_t count = params + weights_describe_statistics(w, SPARSE_PREFIX, NULL);
    checkpoint_array *arrays = calloc(count + 1, sizeof *arrays);
    CHECK(arrays != NULL, ST_INTERNAL, "no memory for the list of a checkpoint's arrays");
    weights_describe_params(w, SPARSE_PREFIX, w->params, arrays);
    weights_describe_statistics(w, SPARSE_PREFIX, arrays + params);
    arrays[count] = (checkpoint_array){SPARSE_LAMBDA, ARRAY_F32, 0, {0}, &lambda};
    status read = read_arrays(path, arrays, count + 1);
    free(arrays);
    TRY(read);
    choose_lambda(s, lambda);
    return sparse_model_follow(&s->model);
}

// Steps of the loader are chunks: rank, rank + P, rank + 2 P ...
status code_stream_start(const code_stream *s, const world *w, loader **chunks)
{
    uint64_t first = (uint64_t)w->rank, stride = (uint64_t)w->size;
    loader_plan plan = {
        .mode = LOADER_SEQUENTIAL,
        .order = {(uint64_t)s->job->seed, s->stored, CODE_ROWS},
        .patches = (uint64_t)s->job->data.patches,
        .worker_count = 1,
        .worker_batch = CODE_ROWS,
        .view_count = 1,
        .first_step = first,
        .step_stride = stride,
        .step_count = first < s->chunk_count ? (s->chunk_count - first + stride - 1) / stride : 0,
    };
    return loader_create(chunks, s->data, s->augmenter, &plan);
}

int code_stream_next(code_stream *s, loader *chunks, const float **images, uint64_t *chunk,
                     status *trouble)
{
    double waited = 0;
    const batch *b = loader_next(chunks, &waited);
    if (b == NULL) return 0;
    *images = b->views[0];
    *chunk = b->step;
    if (*trouble == ST_OK && b->status != ST_OK) *trouble = failure(b->status, "%s", b->message);
    if (*trouble == ST_OK) *trouble = sparse_model_infer(&s->model, *images, (double)s->lambda);
    return code_stream_rows(s, b->step);
}

int code_stream_rows(const code_stream *s, uint64_t chunk)
{
    uint64_t left = s->count - chunk * CODE_ROWS;
    return left < CODE_ROWS ? (int)left : CODE_ROWS;
}

uint64_t code_stream_rounds(const code_stream *s, const world *w)
{
    uint64_t ranks = (uint64_t)w->size;
    return (s->chunk_count + ranks - 1) / ranks;
}
