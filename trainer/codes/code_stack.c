// trainer/codes/code_stack.c -- see code_stack.h.
#include "trainer/codes/code_stack.h"

#include "base/stop_signal.h"

#include <stdlib.h>
#include <string.h>

static trained_model *level_model(code_stack *s, int level)
{
    return level == 0 ? &s->stream.trained : &s->above[level];
}

const sparse_model *code_stack_model(const code_stack *s, int level)
{
    return level == 0 ? &s->stream.trained.model : &s->above[level].model;
}

// Codes of level - 1 are the images of `level`.
static status open_above(code_stack *s, int level)
{
    const job *j = &s->runs[level].job;
    const sparse_model *below = code_stack_model(s, level - 1);
    const code_layout *l = &below->layout;
    CHECK(
        strcmp(j->data.augment, "as_is") == 0, ST_CONFIG,
        "%s: run %d of a stack must have been trained on the codes of the run before as they are, "
        "with data.augment=as_is, not %s",
        j->run, level + 1, j->data.augment);
    shape view = {CODE_ROWS, l->geometry.atoms, l->height, l->width};
    TRY(trained_model_create(&s->above[level], j, view, false));
    return trained_model_read(&s->above[level], s->runs[level].checkpoint);
}

static status take_room(code_stack *s)
{
    size_t most = code_layout_pixels(&code_stack_model(s, 0)->layout);
    for (int level = 0; level < s->levels; level++) {
        size_t codes = code_layout_codes(&code_stack_model(s, level)->layout);
        most = codes > most ? codes : most;
    }
    s->planes = calloc(most, sizeof *s->planes);
    s->next = calloc(most, sizeof *s->next);
    CHECK(s->planes != NULL && s->next != NULL, ST_INTERNAL, "no memory for codes of %zu numbers",
          most);
    return ST_OK;
}

status code_stack_open(code_stack *s, const char *command, const char *const *folders, int levels,
                       const char *files, int override_count, char *const *overrides)
{
    memset(s, 0, sizeof *s);
    CHECK(levels <= CODE_STACK_LEVELS, ST_USAGE, "%s: at most %d runs on each other, not %d",
          command, CODE_STACK_LEVELS, levels);
    s->levels = levels;
    for (int level = 0; level < levels; level++) {
        TRY(trained_run_open_codes(&s->runs[level], command, folders[level], override_count,
                                   overrides));
        TRY(trained_run_find(&s->runs[level]));
    }
    TRY(trained_run_statistics(&s->runs[0]));
    TRY(code_stream_open(&s->stream, &s->runs[0].job, &s->runs[0].training, files, CODE_ROWS,
                         false));
    TRY(trained_model_read(&s->stream.trained, s->runs[0].checkpoint));
    for (int level = 1; level < levels; level++)
        TRY(open_above(s, level));
    return take_room(s);
}

void code_stack_close(code_stack *s)
{
    loader_destroy(s->chunks);
    code_stream_close(&s->stream);
    for (int level = 0; level < CODE_STACK_LEVELS; level++) {
        trained_model_destroy(&s->above[level]);
        trained_run_close(&s->runs[level]);
    }
    free(s->planes);
    free(s->next);
}

status code_stack_infer(code_stack *s, const world *w)
{
    status trouble = ST_OK;
    uint64_t chunk;
    TRY(code_stream_start(&s->stream, w, &s->chunks));
    s->rows = code_stream_next(&s->stream, s->chunks, &s->images, &chunk, &trouble);
    if (trouble == ST_OK) trouble = stop_signal_check();
    for (int level = 1; level < s->levels && trouble == ST_OK; level++)
        trouble =
            trained_model_infer(level_model(s, level), code_stack_model(s, level - 1)->code_planes);
    return trouble;
}

void code_stack_reconstruct(code_stack *s, int level, int row, float *pixels)
{
    const sparse_model *top = code_stack_model(s, level);
    size_t codes = code_layout_codes(&top->layout);
    memcpy(s->planes, top->code_planes + (size_t)row * codes, codes * sizeof *s->planes);
    for (; level > 0; level--) {
        code_inference_synthesise(code_stack_model(s, level)->inference, s->planes, s->next);
        float *made = s->next;
        s->next = s->planes;
        s->planes = made;
    }
    code_inference_synthesise(code_stack_model(s, 0)->inference, s->planes, pixels);
}
