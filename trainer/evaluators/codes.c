// trainer/evaluators/codes.c -- codes of test data by inference: energy, error, sparseness, duality
// gap (trainer/codes/code_evaluation.h).
#include "trainer/codes/code_evaluation.h"
#include "trainer/evaluator.h"
#include "trainer/sparse/sparse_lambda.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct codes {
    const job *job;
    code_evaluator *evaluator;
} codes;

static void destroy(void *state)
{
    codes *c = state;
    if (c != NULL) code_evaluator_destroy(c->evaluator);
    free(c);
}

static status create(void **state, const evaluator_setup *setup)
{
    codes *c = calloc(1, sizeof *c);
    CHECK(c != NULL, ST_INTERNAL, "no memory for the evaluation");
    c->job = setup->job;
    *state = c;
    return code_evaluator_create(&c->evaluator, setup->world, setup->job, setup->training,
                                 setup->learned);
}

// The lambda that a training has reached.
static double lambda_of(const codes *c, const trained *from)
{
    float lambda = 0;
    method_number(c->job->method, from->method, SPARSE_LAMBDA, &lambda);
    return (double)lambda;
}

static status score(void *state, const trained *from, scores *found)
{
    const codes *c = state;
    code_evaluation e = {0};
    if (from->checkpoint != NULL)
        TRY(code_evaluator_checkpoint(c->evaluator, from->checkpoint, &e));
    else
        TRY(code_evaluator_weights(c->evaluator, from->learned, lambda_of(c, from), &e));
    scores_add(found, "test_samples", (double)e.samples);
    scores_add(found, "test_energy", e.energy);
    scores_add(found, "test_error", e.error);
    scores_add(found, "test_nonzero", e.nonzero);
    scores_add(found, "test_gap", e.gap);
    scores_add(found, "test_iterations", e.iterations);
    scores_add(found, "test_encoder", e.encoder);
    scores_add(found, "coherence", e.coherence);
    return ST_OK;
}

static status rehearse(void *state, const trained *from)
{
    const codes *c = state;
    return code_evaluator_rehearse(c->evaluator, from->learned, lambda_of(c, from));
}

static void tell(const scores *s, char *line, size_t size)
{
    double gap = scores_find(s, "test_gap"), guess = scores_find(s, "test_encoder");
    char first[32] = "", last[48] = "";
    if (!isnan(gap)) snprintf(first, sizeof first, "  gap %.2g", gap);
    if (!isnan(guess)) snprintf(last, sizeof last, "  encoder / energy %.4f", guess);
    snprintf(
        line, size, "%.0f test samples: energy %.4f  error %.4f  nonzero %.4f  iterations %.1f%s%s",
        scores_find(s, "test_samples"), scores_find(s, "test_energy"), scores_find(s, "test_error"),
        scores_find(s, "test_nonzero"), scores_find(s, "test_iterations"), first, last);
}

static void print(const job *j, const scores *floors, const scores *s)
{
    (void)j;
    (void)floors;
    double gap = scores_find(s, "test_gap"), guess = scores_find(s, "test_encoder");
    printf("codes of %.0f test samples, means\n"
           "  energy           %12.6f\n  relative error   %12.6f\n  codes not 0      %12.6f\n"
           "  iterations       %12.1f\n",
           scores_find(s, "test_samples"), scores_find(s, "test_energy"),
           scores_find(s, "test_error"), scores_find(s, "test_nonzero"),
           scores_find(s, "test_iterations"));
    if (!isnan(gap)) printf("  duality gap      %12.3e\n", gap);
    if (!isnan(guess)) printf("  encoder / energy %12.6f\n", guess);
    printf("coherence of atoms under shift %.4f\n", scores_find(s, "coherence"));
}

const evaluator_type evaluator_codes = {
    .readout = "codes",
    .create = create,
    .score = score,
    .rehearse = rehearse,
    .tell = tell,
    .print = print,
    .destroy = destroy,
};
