// trainer/codes/trained_model.c -- see trained_model.h.
#include "trainer/codes/trained_model.h"

#include <stdlib.h>
#include <string.h>

// All weights come later, so no other run's atoms are wanted; without inference the start is the
// result.
status trained_model_create(trained_model *m, const job *j, shape view, bool encoder_codes)
{
    ASSERT(method_reads(j->method, "codes"));
    const solver_type *no_solver = solver_find("encoder_only");
    *m = (trained_model){.choice = j->inference};
    memcpy(&m->config, &j->method_config, sizeof m->config);
    m->config.dictionary[0] = '\0';
    if (encoder_codes || m->choice.solver == no_solver) {
        CHECK(m->choice.encoder->build != NULL, ST_CONFIG,
              "%s: this run has no encoder, so there are only codes by inference", j->run);
        m->choice.solver = no_solver;
        m->config.start = START_ENCODER;
    }
    sparse_setup setup = {&m->config, &m->choice, view, (uint64_t)j->seed, false};
    return sparse_model_create(&m->model, &setup);
}

void trained_model_destroy(trained_model *m)
{
    sparse_model_destroy(&m->model);
}

static void choose_lambda(trained_model *m, float learned)
{
    bool density = strcmp(m->choice.lambda_unit, "density") == 0;
    m->lambda = density ? learned : (float)m->choice.lambda;
}

status trained_model_set(trained_model *m, const weights *from, double lambda)
{
    weights *w = &m->model.weights;
    CHECK(w->param_count == from->param_count && w->statistic_count == from->statistic_count,
          ST_BAD_DATA,
          "the dictionary is not for views of %d channels; data.test must be like data.train",
          m->model.setup.view.c);
    memcpy(w->params, from->params, w->param_count * sizeof *w->params);
    memcpy(w->statistics, from->statistics, w->statistic_count * sizeof *w->statistics);
    choose_lambda(m, (float)lambda);
    return sparse_model_follow(&m->model);
}

static status read_lambda(const char *path, float *lambda)
{
    checkpoint *file = NULL;
    TRY(checkpoint_open(&file, path));
    status s = checkpoint_read(file, &(checkpoint_array){SPARSE_LAMBDA, ARRAY_F32, 0, {0}, lambda});
    checkpoint_close(file);
    return s;
}

status trained_model_read(trained_model *m, const char *path)
{
    float lambda = 0;
    TRY(weights_read(&m->model.weights, path));
    TRY(read_lambda(path, &lambda));
    TRY(sparse_lambda_validate(lambda));
    choose_lambda(m, lambda);
    return sparse_model_follow(&m->model);
}

status trained_model_infer(trained_model *m, const float *images)
{
    code_starts starts = m->frames ? STARTS_AT_LAST_FRAME : STARTS_AS_CONFIGURED;
    return sparse_model_infer(&m->model, images, starts, (double)m->lambda);
}
