// comm/stall.c -- the verdict and the table.
#include "comm/stall.h"

#include <stdarg.h>
#include <stdio.h>

#define ROWS_MAX 32

void stall_begin(stall_view *v, double now)
{
    v->begun = now;
    for (int rank = 0; rank < v->size; rank++)
        v->sights[rank] = (stall_sight){v->beats[rank].beats, now};
}

bool stall_is_silent(const stall_view *v, int rank, double now)
{
    return rank != v->rank && now - v->sights[rank].since >= v->silence;
}

bool stall_found(stall_view *v, double now)
{
    bool found = now - v->begun >= v->silence;
    for (int rank = 0; rank < v->size; rank++) {
        stall_sight *seen = &v->sights[rank];
        if (v->beats[rank].beats != seen->beats) *seen = (stall_sight){v->beats[rank].beats, now};
        if (!stall_is_silent(v, rank, now) && (double)v->beats[rank].idle < v->limit) found = false;
    }
    return found;
}

int stall_judge(const stall_view *v, double now)
{
    int rank = 0;
    while (rank < v->rank && stall_is_silent(v, rank, now))
        rank++;
    return rank;
}

// The others wait for these.
static bool is_awaited(const stall_view *v, int rank, double now)
{
    return stall_is_silent(v, rank, now) || v->beats[rank].waits == 0;
}

typedef struct page {
    char *text;
    size_t size, used;
} page;

static void add(page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(page *p, const char *format, ...)
{
    if (p->used >= p->size) return;
    va_list arguments;
    va_start(arguments, format);
    p->used += (size_t)vsnprintf(p->text + p->used, p->size - p->used, format, arguments);
    va_end(arguments);
}

static void add_row(page *p, const stall_view *v, int rank, double now)
{
    const heartbeat *b = &v->beats[rank];
    double since = (double)b->idle;
    if (b->beats == 0) {
        add(p, "basin: %6d  has not begun\n", rank);
        return;
    }
    bool is_silent = stall_is_silent(v, rank, now);
    // The others, and so the rank that looks, cannot have waited longer than it has been silent.
    if (is_silent && v->beats[v->rank].idle > b->idle) since = (double)v->beats[v->rank].idle;
    add(p, "basin: %6d  %-15s %8d  %8llu  %-10s %10llu  %4.0f s  ", rank, b->host, b->process,
        (unsigned long long)b->step, b->phase, (unsigned long long)b->sample, since);
    if (is_silent)
        add(p, "no sign of life\n");
    else
        add(p, b->waits != 0 ? "waits for other ranks\n" : "is waited for\n");
}

static int add_rows(page *p, const stall_view *v, double now, bool awaited, int rows)
{
    for (int rank = 0; rank < v->size; rank++) {
        if (is_awaited(v, rank, now) != awaited) continue;
        if (rows < ROWS_MAX) add_row(p, v, rank, now);
        rows++;
    }
    return rows;
}

static void add_meaning(page *p, const stall_view *v, double now)
{
    int awaited = 0;
    for (int rank = 0; rank < v->size; rank++)
        if (is_awaited(v, rank, now) && awaited++ == 0)
            add(p, "basin: all wait for rank %d (host %s)", rank,
                v->beats[rank].host[0] != '\0' ? v->beats[rank].host : "not known");
    if (awaited == 0)
        add(p, "basin: all ranks wait for messages: a connection between their hosts is lost\n");
    else if (awaited > 1)
        add(p, " and %d more\n", awaited - 1);
    else
        add(p, "\n");
}

void stall_describe(const stall_view *v, double now, char *text, size_t size)
{
    int first = snprintf(text, size,
                         "basin: error: stalled: no rank has got on for %.0f seconds "
                         "(watch.stall of a job, else BASIN_STALL)\n",
                         v->limit);
    page p = {text, size, (size_t)first};
    add(&p, "basin:   rank  host             process      step  phase          sample   since\n");
    int rows = add_rows(&p, v, now, true, 0);
    rows = add_rows(&p, v, now, false, rows);
    if (rows > ROWS_MAX) add(&p, "basin: ... and %d ranks more\n", rows - ROWS_MAX);
    add_meaning(&p, v, now);
}
