// comm/rank_watch.c -- where the heartbeats lie, and an alarm for the time before there can be any.
#include "comm/rank_watch.h"
#include "comm/world_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "comm/heartbeat.h"
#include "comm/watchdog.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STALL_SECONDS 300.0

static struct {
    watchdog *dog;
    double limit; // seconds; 0 = never
    bool paused;
    int memory;          // descriptor of the heartbeats on rank 0, or -1
    char file[PATH_MAX]; // of the heartbeats, on rank 0; "": none
} watch = {.memory = -1};

// Nothing but the system may be called here.
static void end_at_start(int number)
{
    (void)number;
    static const char text[] =
        "basin: error: stalled: not all ranks have begun in time (BASIN_STALL)\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    _exit(written >= 0 ? ST_STALLED : ST_IO);
}

static status read_limit(double *seconds)
{
    const char *text = getenv("BASIN_STALL");
    *seconds = STALL_SECONDS;
    if (text == NULL || text[0] == '\0') return ST_OK;
    char *end;
    *seconds = strtod(text, &end);
    CHECK(*end == '\0' && isfinite(*seconds) && *seconds >= 0 && *seconds < 1e9, ST_USAGE,
          "BASIN_STALL: '%s' is no number of seconds; 300 is usual, 0 means that ranks may wait "
          "for ever",
          text);
    return ST_OK;
}

status rank_watch_before(void)
{
    TRY(read_limit(&watch.limit));
    watch.paused = false;
    if (watch.limit == 0) return ST_OK;
    ASSERT(signal(SIGALRM, end_at_start) != SIG_ERR);
    (void)alarm((unsigned)ceil(watch.limit));
    return ST_OK;
}

// Local, on rank 0. A name that the other ranks of this machine can open.
static status make_memory(char path[PATH_MAX])
{
    watch.memory = memfd_create("basin heartbeats", MFD_CLOEXEC);
    CHECK(watch.memory >= 0, ST_IO, "no anonymous file: %s", strerror(errno));
    snprintf(path, PATH_MAX, "/proc/%ld/fd/%d", (long)getpid(), watch.memory);
    return ST_OK;
}

// Local, on rank 0. A name that ranks of other machines can open, if they share this folder.
static status make_file(const world *w, char path[PATH_MAX])
{
    char folder[PATH_MAX - 128];
    CHECK(getcwd(folder, sizeof folder) != NULL, ST_IO, "the current folder: %s", strerror(errno));
    snprintf(path, PATH_MAX, "%s/.basin-heartbeat-%.60s-%ld", folder, w->private->host,
             (long)getpid());
    snprintf(watch.file, sizeof watch.file, "%s", path);
    return ST_OK;
}

// Another file of that name, on another machine or in another container, has another mark.
static heartbeat mark_of(const world *w)
{
    heartbeat mark = {.beats = 1,
                      .start = 1,
                      .process = (int32_t)getpid(),
                      .idle = (float)clock_seconds(),
                      .phase = "mark"};
    snprintf(mark.host, sizeof mark.host, "%.15s", w->private->host);
    return mark;
}

static status make_heartbeats(const world *w, const heartbeat *mark, char path[PATH_MAX])
{
    if (w->rank != 0) return ST_OK;
    TRY(w->local_size == w->size ? make_memory(path) : make_file(w, path));
    TRY(heartbeat_create(path, w->size));
    return heartbeat_write(path, 0, mark);
}

static status find_heartbeats(const char *path, const heartbeat *mark)
{
    heartbeat found = {0};
    TRY(heartbeat_read(path, mark->start, 1, &found));
    CHECK(found.start == mark->start && found.process == mark->process &&
              strcmp(found.host, mark->host) == 0,
          ST_IO, "%s: is not the file that rank 0 has made", path);
    return ST_OK;
}

// Collective. The lowest failing rank says why, through rank 0's log.
static bool all_have(const world *w, status mine)
{
    char why[400];
    int failing = mine == ST_OK ? w->size : w->rank, lowest;
    snprintf(why, sizeof why, "%s", status_message());
    status_clear();
    MPI_Allreduce(&failing, &lowest, 1, MPI_INT, MPI_MIN, w->private->all);
    if (lowest == w->size) return true;
    MPI_Bcast(why, sizeof why, MPI_CHAR, lowest, w->private->all);
    log_warn("ranks cannot see each other's signs of life (rank %d: %s): a rank that stops is "
             "waited for without end; start in a folder that all machines share",
             lowest, why);
    return false;
}

// Collective.
static void start(const world *w)
{
    static char path[PATH_MAX];
    heartbeat mark = mark_of(w);
    status made = make_heartbeats(w, &mark, path);
    MPI_Bcast(path, sizeof path, MPI_CHAR, 0, w->private->all);
    MPI_Bcast(&mark, sizeof mark, MPI_BYTE, 0, w->private->all);
    if (made == ST_OK) made = find_heartbeats(path, &mark);
    if (!all_have(w, made)) return;
    // Its errors are told already; what they mean for the job is told where it matters.
    (void)watchdog_start(&watch.dog, w, path, watch.limit);
}

void rank_watch_begin(const world *w)
{
    if (w->size > 1 && watch.limit > 0) start(w);
    (void)alarm(0);
}

static void set_limit(void)
{
    if (watch.dog != NULL) watchdog_limit(watch.dog, watch.paused ? 0 : watch.limit);
}

void rank_watch_limit(double seconds)
{
    watch.limit = seconds;
    set_limit();
}

void rank_watch_pause(bool pause)
{
    watch.paused = pause;
    set_limit();
}

void rank_watch_end(void)
{
    watchdog_stop(watch.dog);
    watch.dog = NULL;
    if (watch.memory >= 0) close(watch.memory);
    watch.memory = -1;
    if (watch.file[0] != '\0') (void)unlink(watch.file);
    watch.file[0] = '\0';
}
