// trainer/loop/lockstep.c -- how the job's logical workers meet in the middle of a pass.
#include "trainer/loop/lockstep.h"

#include "comm/exchange.h"

#include <string.h>

static void expect(void *state, size_t floats)
{
    lockstep *l = state;
    if (floats > l->most_floats) l->most_floats = floats;
}

static void sum(void *state, const float *parts, size_t floats, float *total)
{
    lockstep *l = state;
    double waited = 0;
    reduce_resize(l->reduce, floats);
    for (int own = 0; own < l->workers.count; own++) {
        memcpy(reduce_leaf(l->reduce), parts + (size_t)own * floats, floats * sizeof *parts);
        reduce_push(l->reduce);
    }
    memcpy(total, reduce_finish(l->reduce, &waited), floats * sizeof *total);
    phases_move(l->phases, l->phases->now, PHASE_WAIT, waited);
    phases_bring(l->phases, MESSAGE_SUMS, floats);
}

static void collect(void *state, const float *parts, size_t floats, float *all)
{
    lockstep *l = state;
    phase before = l->phases->now;
    phases_enter(l->phases, PHASE_WAIT);
    exchange_gather(l->world, parts, (size_t)l->workers.count * floats * sizeof *parts, all);
    phases_enter(l->phases, before);
    phases_bring(l->phases, MESSAGE_GATHERS, floats);
}

void lockstep_init(lockstep *l, const world *w, const workers *v, phases *p)
{
    *l = (lockstep){.world = w, .workers = *v, .phases = p};
    l->team = (team){.total = v->total,
                     .first = v->first,
                     .count = v->count,
                     .state = l,
                     .expect = expect,
                     .sum = sum,
                     .gather = collect};
}

status lockstep_create(lockstep *l)
{
    if (l->most_floats == 0) return ST_OK;
    return reduce_create(&l->reduce, l->world, &l->workers, l->most_floats);
}

void lockstep_destroy(lockstep *l)
{
    if (l->reduce != NULL) reduce_destroy(l->reduce);
    *l = (lockstep){0};
}
