// trainer/codes/code_stream.c -- see code_stream.h.
#include "trainer/codes/code_stream.h"

#include "io/views/recipes.h"
#include "trainer/streams/chunk_loader.h"

static status open_data(code_stream *s, const view_statistics *training, const char *files,
                        uint64_t most)
{
    const job *j = s->job;
    dataset_source source = job_source(j, files);
    TRY(dataset_open(&s->data, &source));
    const dataset_info *info = dataset_get_info(s->data);
    dataset_fill_nan(s->data, training->mean);
    s->stored = loader_samples(info->count, (uint64_t)j->data.patches);
    s->count = most > 0 && most < s->stored ? most : s->stored;
    s->chunk_count = (s->count + CODE_ROWS - 1) / CODE_ROWS;
    return views_create(&s->augmenter, recipe_for_evaluation(j->data.augment), j, info, training);
}

static status open_model(code_stream *s, bool encoder_codes)
{
    shape view = {CODE_ROWS, augmenter_channels(s->augmenter), augmenter_height(s->augmenter),
                  augmenter_width(s->augmenter)};
    return trained_model_create(&s->trained, s->job, view, encoder_codes);
}

status code_stream_open(code_stream *s, const job *j, const view_statistics *training,
                        const char *files, uint64_t most, bool encoder_codes)
{
    ASSERT(method_reads(j->method, "codes"));
    *s = (code_stream){.job = j};
    TRY(open_data(s, training, files, most));
    return open_model(s, encoder_codes);
}

void code_stream_close(code_stream *s)
{
    trained_model_destroy(&s->trained);
    if (s->augmenter != NULL) augmenter_destroy(s->augmenter);
    if (s->data != NULL) dataset_close(s->data);
}

status code_stream_start(const code_stream *s, const world *w, loader **chunks)
{
    chunk_walk all = {.seed = (uint64_t)s->job->seed,
                      .samples = s->stored,
                      .patches = (uint64_t)s->job->data.patches,
                      .count = s->chunk_count,
                      .spread = 1,
                      .rows = CODE_ROWS,
                      .views = 1};
    return chunk_loader_create(chunks, s->data, s->augmenter, w, &all);
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
    if (*trouble == ST_OK) *trouble = trained_model_infer(&s->trained, *images);
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
