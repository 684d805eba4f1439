// trainer/evaluators/evaluators.c -- the registry of evaluators, and scores.
#include "trainer/evaluator.h"

#include <math.h>
#include <string.h>

#define EVALUATOR(name) extern const evaluator_type evaluator_##name;
#include "trainer/evaluators.def"
#undef EVALUATOR

static const evaluator_type *const table[] = {
#define EVALUATOR(name) &evaluator_##name,
#include "trainer/evaluators.def"
#undef EVALUATOR
    NULL};

static const evaluator_type *find(const char *readout)
{
    for (int i = 0; table[i] != NULL; i++)
        if (strcmp(table[i]->readout, readout) == 0) return table[i];
    return NULL;
}

status evaluators_create(evaluators *e, const evaluator_setup *setup)
{
    const char *const *readouts = setup->job->method->readouts;
    *e = (evaluators){0};
    for (int i = 0; readouts[i] != NULL; i++) {
        e->type[i] = find(readouts[i]);
        ASSERT(e->type[i] != NULL);
        e->count = i + 1;
        TRY(e->type[i]->create(&e->state[i], setup));
    }
    return ST_OK;
}

void evaluators_destroy(evaluators *e)
{
    for (int i = 0; i < e->count; i++)
        e->type[i]->destroy(e->state[i]);
    *e = (evaluators){0};
}

void scores_add(scores *s, const char *name, double value)
{
    if (isnan(value)) return;
    ASSERT(s->count < SCORES_MAX);
    s->of[s->count].name = name;
    s->of[s->count++].value = value;
}

double scores_find(const scores *s, const char *name)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->of[i].name, name) == 0) return s->of[i].value;
    return (double)NAN;
}
