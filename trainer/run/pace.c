// trainer/run/pace.c -- medians over ranks.
#include "trainer/run/pace.h"

#include "base/log.h"
#include "base/median.h"
#include "comm/exchange.h"

#include <stdlib.h>

#define WARN_STREAK     5
#define WARN_SECONDS    30.0
#define EXCESS_SHARE    0.3
#define EXCESS_SPREAD   6.0
#define NORMAL_FROM_MAD 1.4826

// A rank's row: (PHASE_COUNT).
static const double *seconds_of(const double *seconds, int rank)
{
    return seconds + (size_t)rank * PHASE_COUNT;
}

static double busy_seconds(const double *in_phase)
{
    double total = 0;
    for (int i = 0; i < PHASE_COUNT; i++)
        if (i != PHASE_WAIT) total += in_phase[i];
    return total;
}

// Where the slowest rank loses most against the median rank.
static void find_phase(const double *seconds, int ranks, double *sorted, pace_found *found)
{
    found->excess = -1;
    for (int i = 0; i < PHASE_COUNT; i++) {
        if (i == PHASE_WAIT) continue;
        for (int rank = 0; rank < ranks; rank++)
            sorted[rank] = seconds_of(seconds, rank)[i];
        double excess = seconds_of(seconds, found->slowest)[i] - median(sorted, ranks);
        if (excess <= found->excess) continue;
        found->excess = excess;
        found->phase = (phase)i;
    }
}

pace_found pace_find(const double *seconds, int ranks, double *sorted)
{
    pace_found found = {0};
    for (int rank = 0; rank < ranks; rank++) {
        sorted[rank] = busy_seconds(seconds_of(seconds, rank));
        if (sorted[rank] <= found.seconds) continue;
        found.seconds = sorted[rank];
        found.slowest = rank;
    }
    found.median = median(sorted, ranks);
    for (int rank = 0; rank < ranks; rank++) {
        double off = busy_seconds(seconds_of(seconds, rank)) - found.median;
        sorted[rank] = off < 0 ? -off : off;
    }
    found.deviation = NORMAL_FROM_MAD * median(sorted, ranks);
    double excess = found.seconds - found.median;
    found.straggles =
        excess > EXCESS_SHARE * found.median && excess > EXCESS_SPREAD * found.deviation;
    find_phase(seconds, ranks, sorted, &found);
    return found;
}

status pace_create(pace *p, const world *w)
{
    size_t ranks = (size_t)w->size;
    *p = (pace){.straggler = -1, .told = -1};
    p->seconds = calloc(ranks * PHASE_COUNT, sizeof *p->seconds);
    p->sorted = calloc(ranks, sizeof *p->sorted);
    CHECK(p->seconds != NULL && p->sorted != NULL, ST_INTERNAL, "no memory for the ranks' times");
    return ST_OK;
}

static void warn(const pace_found *f, const char *host)
{
    log_warn("rank %d (host %s) is slower than the others, who wait for it: %.3g s where the "
             "median rank takes %.3g s; most of it in phase %s",
             f->slowest, host, f->seconds, f->median, phase_names[f->phase]);
}

void pace_look(pace *p, const world *w, const phases *mine)
{
    exchange_gather(w, mine->seconds, sizeof mine->seconds, p->seconds);
    p->found = pace_find(p->seconds, w->size, p->sorted);
    int straggler = p->found.straggles ? p->found.slowest : -1;
    if (straggler != p->straggler) {
        p->streak = 0;
        p->streak_seconds = 0;
    }
    p->straggler = straggler;
    p->streak++;
    p->streak_seconds += p->found.seconds;
    if (straggler < 0 || p->told == straggler) return;
    if (p->streak < WARN_STREAK || p->streak_seconds < WARN_SECONDS) return;
    p->told = straggler;
    char host[WORLD_HOST_SIZE];
    world_host(w, straggler, host);
    warn(&p->found, host);
}

void pace_destroy(pace *p)
{
    free(p->seconds);
    free(p->sorted);
    *p = (pace){0};
}
