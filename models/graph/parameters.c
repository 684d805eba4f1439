// models/graph/parameters.c -- lists of named tensors.
#include "models/graph/parameters.h"

#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

status parameters_create(parameters **p)
{
    *p = calloc(1, sizeof **p);
    CHECK(*p != NULL, ST_INTERNAL, "no memory for a list of parameters");
    return ST_OK;
}

void parameters_destroy(parameters *p)
{
    if (p == NULL) return;
    free(p->learned.items);
    free(p->statistics.items);
    free(p);
}

const graph_param *parameters_find(const param_list *list, const char *name)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, name) == 0) return &list->items[i];
    return NULL;
}

static status append(param_list *list, const char *name, const op_param *spec,
                     op_constraint constraint)
{
    if (list->count == list->capacity) {
        int wider = list->capacity == 0 ? 32 : 2 * list->capacity;
        graph_param *items = realloc(list->items, (size_t)wider * sizeof *items);
        CHECK(items != NULL, ST_INTERNAL, "no memory for a list of parameters");
        list->items = items;
        list->capacity = wider;
    }
    graph_param *p = &list->items[list->count++];
    *p = (graph_param){.spec = *spec, .constraint = constraint, .offset = list->floats, .count = 1};
    memcpy(p->name, name, strlen(name) + 1);
    for (int d = 0; d < spec->rank; d++)
        p->count *= (size_t)spec->dims[d];
    list->floats += p->count;
    return ST_OK;
}

static status write_name(char name[GRAPH_NAME_SIZE], const char *node, const char *spec)
{
    CHECK(snprintf(name, GRAPH_NAME_SIZE, "%s.%s", node, spec) < GRAPH_NAME_SIZE, ST_INTERNAL,
          "parameter name too long: %s.%s", node, spec);
    return ST_OK;
}

// Tensor i is node's `spec`, of the same shape.
static bool is_same(const param_list *list, int i, const char *name, const op_param *spec)
{
    const graph_param *p = &list->items[i];
    return i < list->count && strcmp(p->name, name) == 0 && p->spec.rank == spec->rank &&
           memcmp(p->spec.dims, spec->dims, sizeof spec->dims) == 0;
}

status parameters_declare(param_list *list, const char *node, const op_param *specs,
                          const op_constraint *constraints, int count, int *first)
{
    char name[GRAPH_NAME_SIZE];
    *first = list->count;
    for (int i = 0; i < count; i++) {
        TRY(write_name(name, node, specs[i].name));
        const graph_param *found = parameters_find(list, name);
        if (i == 0 && found != NULL) *first = (int)(found - list->items);
        if (found == NULL && *first + i == list->count)
            TRY(append(list, name, &specs[i],
                       constraints != NULL ? constraints[i] : CONSTRAINT_NONE));
        CHECK(is_same(list, *first + i, name, &specs[i]), ST_INTERNAL,
              "node '%s': its %s differs from that of the node it shares it with by name", node,
              specs[i].name);
    }
    return ST_OK;
}

static void initialise(const graph_param *p, rng r, float *values)
{
    for (size_t i = 0; i < p->count; i++) {
        switch (p->spec.init) {
        case INIT_UNIFORM:
            values[i] = rng_range(&r, -p->spec.scale, p->spec.scale);
            break;
        case INIT_NORMAL:
            values[i] = p->spec.scale * rng_normal(&r);
            break;
        case INIT_CONSTANT:
            values[i] = p->spec.scale;
            break;
        }
    }
}

static void initialise_all(const param_list *list, uint64_t seed, uint32_t kind, float *values)
{
    for (int i = 0; i < list->count; i++)
        initialise(&list->items[i], rng_open(seed, RNG_WEIGHTS, kind, (uint64_t)i, 0),
                   values + list->items[i].offset);
}

void parameters_initialise(const parameters *p, uint64_t seed, float *learned, float *statistics)
{
    initialise_all(&p->learned, seed, 0, learned);
    initialise_all(&p->statistics, seed, 1, statistics);
}

static void follow(float *restrict slow, const float *restrict fast, size_t count, float keep)
{
    if (keep == 0.0f) memcpy(slow, fast, count * sizeof *slow);
    float take = 1.0f - keep;
    for (size_t i = 0; i < count && keep != 0.0f; i++)
        slow[i] = keep * slow[i] + take * fast[i];
}

// Most lists begin alike: then the names agree at the first look.
static const graph_param *counterpart(const param_list *fast, const param_list *slow, int i)
{
    const char *name = slow->items[i].name;
    if (i < fast->count && strcmp(fast->items[i].name, name) == 0) return &fast->items[i];
    return parameters_find(fast, name);
}

void parameters_follow(const param_list *slow, float *slow_values, const param_list *fast,
                       const float *fast_values, float keep)
{
    for (int i = 0; i < slow->count; i++) {
        const graph_param *to = &slow->items[i], *from = counterpart(fast, slow, i);
        ASSERT(from != NULL && from->count == to->count);
        follow(slow_values + to->offset, fast_values + from->offset, to->count, keep);
    }
}
