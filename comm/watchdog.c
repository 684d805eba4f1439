// comm/watchdog.c -- the thread: write a beat, look, wait.
#include "comm/watchdog.h"

#include "base/clock.h"
#include "base/pulse.h"
#include "base/thread.h"
#include "comm/agree.h"
#include "comm/exchange.h"
#include "comm/stall.h"
#include "comm/world_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SILENT_BEATS 4  // so many beats missed: no sign of life
#define PATIENCE     10 // seconds
#define REPORT_BYTES 8192

struct watchdog {
    char path[512];
    int rank, size;
    double stall, interval; // the thread's; as `limit` says
    heartbeat own;
    heartbeat *beats;    // (size)
    stall_sight *sights; // (size)
    stall_view view;
    bool looking;
    uint64_t pulse_count;
    double moved; // when the main thread was last seen to get on
    char report[REPORT_BYTES];

    pthread_t thread;
    bool started;
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t change;
    bool stop;
    double limit; // seconds without progress; 0 = never
};

static double clamp(double value, double least, double most)
{
    return value < least ? least : value > most ? most : value;
}

double watchdog_interval(double stall)
{
    return clamp(stall / 10, 0.1, 10);
}

static void take_pulse(watchdog *d, double now)
{
    pulse p;
    pulse_look(&p);
    if (p.count != d->pulse_count) d->moved = now;
    d->pulse_count = p.count;
    heartbeat *b = &d->own;
    b->beats++;
    b->step = p.step;
    b->sample = p.sample;
    b->idle = (float)(now - d->moved);
    b->waits = p.waits ? 1 : 0;
    snprintf(b->phase, sizeof b->phase, "%s", p.phase);
}

// The process that has stopped cannot be asked to leave, so nothing is tidied up: MPI must not be
// called from this thread, and what is to last is on the disk already.
static void end_job(watchdog *d, double now)
{
    int judge = stall_judge(&d->view, now);
    if (judge == d->rank) {
        stall_describe(&d->view, now, d->report, REPORT_BYTES);
        fputs(d->report, stderr);
    } else {
        // Its launcher should have ended this rank long ago.
        if (now - d->view.begun < 2 * d->view.silence + PATIENCE) return;
        fprintf(stderr,
                "basin: error on rank %d (host %s): stalled, and rank %d (host %s) has not ended "
                "the job: the connection to it is lost\n",
                d->rank, d->own.host, judge, d->beats[judge].host);
    }
    _Exit(ST_STALLED);
}

static void look(watchdog *d)
{
    // A file system that fails for a moment is no reason to end: what was read before still holds.
    if (heartbeat_read(d->path, d->own.start, d->size, d->beats) != ST_OK) status_clear();
    d->beats[d->rank] = d->own;
    double now = clock_seconds();
    if (!d->looking) {
        d->looking = true;
        stall_begin(&d->view, now);
    }
    if (stall_found(&d->view, now)) end_job(d, now);
}

static void watch(watchdog *d)
{
    double now = clock_seconds();
    take_pulse(d, now);
    if (heartbeat_write(d->path, d->rank, &d->own) != ST_OK) status_clear(); // the next one may
    if ((double)d->own.idle >= d->stall)
        look(d);
    else
        d->looking = false;
}

// Idleness counts anew under another limit: who sets it has got on.
static void take_limit(watchdog *d)
{
    if (d->limit == d->stall) return;
    d->stall = d->limit;
    d->interval = watchdog_interval(d->stall);
    d->view.limit = d->stall;
    d->view.silence = SILENT_BEATS * d->interval;
    d->looking = false;
    d->moved = clock_seconds();
}

// Until it is time for a beat, or something has changed. False when the thread is to end.
static bool wait_interval(watchdog *d)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    double seconds = (double)until.tv_sec + (double)until.tv_nsec * 1e-9 + d->interval;
    until.tv_sec = (time_t)seconds;
    until.tv_nsec = (long)((seconds - (double)until.tv_sec) * 1e9);
    pthread_mutex_lock(&d->mutex);
    int waited = 0;
    while (!d->stop && waited == 0 && d->limit == d->stall)
        waited = pthread_cond_timedwait(&d->change, &d->mutex, &until);
    bool go_on = !d->stop;
    take_limit(d);
    pthread_mutex_unlock(&d->mutex);
    return go_on;
}

static void *run(void *context)
{
    watchdog *d = context;
    do
        if (d->stall > 0) watch(d);
    while (wait_interval(d));
    return NULL;
}

// Collective. A number that other starts of the program hardly have.
static uint32_t draw_start(const world *w)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t draw =
        (uint64_t)now.tv_sec * 1000000007 + (uint64_t)now.tv_nsec * 31 + (uint64_t)getpid();
    uint32_t start = (uint32_t)(draw * 0x9E3779B97F4A7C15 >> 32); // its upper bits depend on all
    if (start == 0) start = 1;
    exchange_broadcast(w, &start, sizeof start, 0);
    return start;
}

void watchdog_limit(watchdog *d, double stall)
{
    pthread_mutex_lock(&d->mutex);
    d->limit = stall;
    pthread_cond_broadcast(&d->change);
    pthread_mutex_unlock(&d->mutex);
}

static status create(watchdog **out, const world *w, const char *path, double stall)
{
    watchdog *d = calloc(1, sizeof *d);
    CHECK(d != NULL, ST_INTERNAL, "no memory for a watchdog");
    snprintf(d->path, sizeof d->path, "%s", path);
    d->rank = w->rank;
    d->size = w->size;
    d->stall = d->limit = stall;
    d->interval = watchdog_interval(stall);
    d->moved = clock_seconds();
    d->own.process = (int32_t)getpid();
    snprintf(d->own.host, sizeof d->own.host, "%.15s", w->private->host);
    d->beats = calloc((size_t)w->size, sizeof *d->beats);
    d->sights = calloc((size_t)w->size, sizeof *d->sights);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&d->mutex, NULL);
    pthread_cond_init(&d->change, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *out = d;
    CHECK(d->beats != NULL && d->sights != NULL, ST_INTERNAL, "no memory for a watchdog");
    d->view = (stall_view){.rank = d->rank,
                           .size = d->size,
                           .limit = stall,
                           .silence = SILENT_BEATS * d->interval,
                           .beats = d->beats,
                           .sights = d->sights};
    if (w->rank == 0) TRY(heartbeat_create(path, w->size));
    return ST_OK;
}

status watchdog_start(watchdog **out, const world *w, const char *path, double stall)
{
    *out = NULL;
    watchdog *d = NULL;
    uint32_t start = draw_start(w);
    status s = agree(w, create(&d, w, path, stall));
    if (s == ST_OK) {
        ASSERT(d != NULL);
        d->own.start = start;
        status mine = thread_start(&d->thread, run, d, "the watchdog's thread");
        d->started = mine == ST_OK;
        s = agree(w, mine);
    }
    if (s == ST_OK)
        *out = d;
    else
        watchdog_stop(d);
    return s;
}

void watchdog_stop(watchdog *d)
{
    if (d == NULL) return;
    if (d->started) {
        pthread_mutex_lock(&d->mutex);
        d->stop = true;
        pthread_cond_broadcast(&d->change);
        pthread_mutex_unlock(&d->mutex);
        ASSERT(pthread_join(d->thread, NULL) == 0);
    }
    pthread_cond_destroy(&d->change);
    pthread_mutex_destroy(&d->mutex);
    free(d->sights);
    free(d->beats);
    free(d);
}
