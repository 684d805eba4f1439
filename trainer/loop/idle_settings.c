// trainer/loop/idle_settings.c -- see idle_settings.h.
#include "trainer/loop/idle_settings.h"

#include "base/log.h"
#include "base/vector.h"

#include <stdlib.h>
#include <string.h>

// Draws that are compared: so many, that a coin tossed for each does not always fall alike.
enum { DRAWS = 16 };

static status check_convolutions(const training *t)
{
    int winograd;
    if (strcmp(t->job->conv, "winograd") != 0) return ST_OK;
    int convolutions = graph_kernels(t->learned->graph, "winograd", &winograd);
    CHECK(
        winograd > 0, ST_CONFIG,
        "conv: winograd: none of this net's %d convolutions can be computed so; it takes 3 x 3 at "
        "stride 1 with channels in multiples of %d, as of model.width=%d; or take conv=auto",
        convolutions, VECTOR, VECTOR);
    if (winograd < convolutions)
        log_info("conv: winograd computes %d of the net's %d convolutions (3 x 3 at stride 1, "
                 "channels in multiples of %d), the others are direct",
                 winograd, convolutions, VECTOR);
    return ST_OK;
}

status idle_settings_check(const training *t)
{
    const job *j = t->job;
    if (j->method->sections & SECTION_MODEL) return check_convolutions(t);
    CHECK(strcmp(j->precision, "fp32") == 0, ST_CONFIG,
          "precision: %s is for nets; method %s computes codes in float32 alone; leave it out",
          j->precision, j->method->name);
    CHECK(strcmp(j->conv, "auto") == 0, ST_CONFIG,
          "conv: %s is for nets; method %s has no such convolutions; leave it out", j->conv,
          j->method->name);
    return ST_OK;
}

static void tell(bool idle, const char *key, const char *why)
{
    if (idle) log_warn("%s has no effect here: %s", key, why);
}

static void tell_head(const job *j)
{
    const job_model *m = &j->model;
    bool layers = m->head_layers != 2 || m->head_hidden != 0;
    bool usual = strcmp(m->head, "mlp") == 0 && m->dim == 128 && !layers;
    if ((j->method->sections & SECTION_HEAD) == 0) {
        tell(!usual, "model.head, or its dim or layers,", "the method has no head");
        return;
    }
    tell(strcmp(m->head, "linear") == 0 && layers, "model.head_layers or model.head_hidden",
         "head: linear is one layer");
    tell(strcmp(m->head, "linear") != 0 && m->head_layers == 1 && m->head_hidden != 0,
         "model.head_hidden", "head_layers: 1 has no layers between");
}

static void tell_evaluation(const job *j)
{
    const job_evaluate *e = &j->evaluate;
    bool features = method_reads(j->method, "features"), codes = method_reads(j->method, "codes");
    tell(!features && (e->probe || e->knn_k != 200 || e->knn_temperature != 0.1),
         "evaluate.probe or evaluate.knn", "the method gives no features to score");
    tell(!codes && e->codes != 1000, "evaluate.codes", "the method infers no codes");
}

// Whether the views of a few samples differ between draws.
static status find_variety(training *t, void *pixels, float *views, view_variety *found)
{
    const dataset_info *info = dataset_get_info(t->data);
    uint64_t seed = (uint64_t)t->job->seed;
    uint64_t patches = loader_samples(1, (uint64_t)t->job->data.patches);
    size_t floats = shape_count(t->view), bytes = floats * sizeof *views;
    float *other = views + floats;
    for (uint32_t draw = 0; draw < DRAWS; draw++) {
        image_size size;
        uint64_t stored = draw * info->count / DRAWS, sample = stored * patches;
        TRY(dataset_read_sized(t->data, stored, pixels, &size));
        augmenter_take(t->augmenter, pixels, size);
        augmenter_view(t->augmenter, seed, draw, sample, 0, views);
        augmenter_view(t->augmenter, seed, draw, sample, 1, other);
        found->draws = found->draws || memcmp(views, other, bytes) != 0;
        augmenter_view(t->augmenter, seed, draw + 1, sample, 0, other);
        found->epochs = found->epochs || memcmp(views, other, bytes) != 0;
        if (patches < 2) continue;
        augmenter_view(t->augmenter, seed, draw, sample + 1, 0, other);
        found->patches = found->patches || memcmp(views, other, bytes) != 0;
    }
    return ST_OK;
}

void idle_settings_look(training *t)
{
    t->variety = (view_variety){false, false, false};
    if (t->world->rank != 0) return;
    void *pixels = malloc(dataset_get_info(t->data)->sample_bytes);
    float *views = calloc(2 * shape_count(t->view), sizeof *views);
    bool looked =
        pixels != NULL && views != NULL && find_variety(t, pixels, views, &t->variety) == ST_OK;
    free(views);
    free(pixels);
    if (looked) return;
    status_clear();
    t->variety = (view_variety){true, true, true};
}

static bool wants_draws(const job *j)
{
    view_slot slots[LOADER_MAX_VIEWS];
    int count = j->method->views(&j->method_config, slots);
    for (int i = 1; i < count; i++)
        if (slots[i].draw != slots[0].draw) return true;
    return false;
}

void idle_settings_tell(const training *t)
{
    const job *j = t->job;
    if (t->world->rank != 0) return;
    if (j->method->sections & SECTION_MODEL) tell_head(j);
    tell_evaluation(j);
    tell(j->checkpoint.keep_every > 0 && j->checkpoint.every == 0, "checkpoint.keep_every",
         "it counts checkpoints between epochs, of which checkpoint.every=0 makes none");
    tell(j->schedule.factor != 0.1 && strcmp(j->schedule.name, "step") != 0, "schedule.factor",
         "it belongs to schedule.name=step");
    if (wants_draws(j) && !t->variety.draws)
        log_warn("data.augment=%s draws nothing: all views of a sample are the same to method %s, "
                 "which learns from how they differ",
                 j->data.augment, j->method->name);
    tell(j->data.patches > 1 && !t->variety.patches, "data.patches",
         "data.augment draws nothing, so all samples of an image are the same");
    if (j->method->tell_idle != NULL) j->method->tell_idle(t->method, &t->variety);
}
