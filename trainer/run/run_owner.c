// trainer/run/run_owner.c -- a lock, a line, and signs of life where locks do not work.
#include "trainer/run/run_owner.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/pulse.h"
#include "comm/agree.h"
#include "comm/exchange.h"
#include "comm/heartbeat.h"
#include "trainer/run/run_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define POLL_SECONDS   0.5
#define SETTLE_SECONDS 2.0 // for two starts at once, where there are no locks
#define SIGN_OF_LIFE   2.5 // beats to wait for one

static void sleep_for(double seconds)
{
    double until = clock_seconds() + seconds, left = seconds;
    while (left > 0) {
        double now = left < POLL_SECONDS ? left : POLL_SECONDS;
        nanosleep(&(struct timespec){0, (long)(now * 1e9)}, NULL);
        pulse_tick();
        left = until - clock_seconds();
    }
}

// "Slurm job 77, " or "".
static void describe_job(char text[64])
{
    static const char *const schedulers[][2] = {{"SLURM_JOB_ID", "Slurm job"},
                                                {"PBS_JOBID", "PBS job"},
                                                {"LSB_JOBID", "LSF job"},
                                                {"FLUX_JOB_ID", "Flux job"}};
    text[0] = '\0';
    for (size_t i = 0; i < sizeof schedulers / sizeof *schedulers; i++) {
        const char *id = getenv(schedulers[i][0]);
        if (id == NULL || id[0] == '\0') continue;
        snprintf(text, 64, "%s %.40s, ", schedulers[i][1], id);
        return;
    }
}

// The line of this training. What follows "; " is for programs.
static void write_own_line(const world *w, double beat, char line[OWNER_LINE_SIZE])
{
    char host[WORLD_HOST_SIZE], job_text[64], since[40];
    time_t now = time(NULL);
    struct tm local;
    world_host(w, 0, host);
    describe_job(job_text);
    localtime_r(&now, &local);
    strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S %z", &local);
    snprintf(line, OWNER_LINE_SIZE, "host %s, process %ld, %ssince %s; beat %g\n", host,
             (long)getpid(), job_text, since, beat);
}

static status read_line(const run_owner *o, char line[OWNER_LINE_SIZE])
{
    ssize_t got = pread(o->file, line, OWNER_LINE_SIZE - 1, 0);
    CHECK(got >= 0, ST_IO, "%s/owner: cannot be read: %s", o->run, strerror(errno));
    line[got] = '\0';
    return ST_OK;
}

static bool replace_line(const run_owner *o, const char *line)
{
    ssize_t size = (ssize_t)strlen(line);
    return ftruncate(o->file, 0) == 0 && pwrite(o->file, line, (size_t)size, 0) == size;
}

// Whether the lock is had or another has it; neither where there are no locks.
static status lock(run_owner *o, bool *others)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    o->is_locked = fcntl(o->file, F_OFD_SETLK, &whole) == 0;
    *others = !o->is_locked && (errno == EAGAIN || errno == EACCES);
    if (o->is_locked || *others) return ST_OK;
    CHECK(errno == ENOSYS || errno == ENOLCK || errno == EOPNOTSUPP || errno == EINVAL, ST_IO,
          "%s/owner: cannot be locked: %s", o->run, strerror(errno));
    if (!o->is_lockless_told)
        log_info("%s: this file system has no locks (%s); whether another training owns the folder "
                 "is seen from its heartbeat",
                 o->run, strerror(errno));
    o->is_lockless_told = true;
    return ST_OK;
}

static void unlock(run_owner *o)
{
    struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    if (o->is_locked) (void)fcntl(o->file, F_OFD_SETLK, &whole);
    o->is_locked = false;
}

static heartbeat newest_beat(const run_owner *o)
{
    char path[RUN_PATH_SIZE];
    heartbeat rank_0 = {0};
    snprintf(path, sizeof path, "%s/heartbeat", o->run);
    if (heartbeat_read(path, 0, 1, &rank_0) != ST_OK) status_clear(); // there is none
    return rank_0;
}

// Whether the training of `line` gives signs of life. One without heartbeats is believed to live
// where nothing but its line can tell.
static bool is_alive(run_owner *o, const char *line)
{
    const char *at = strstr(line, "; beat ");
    double beat = at != NULL ? strtod(at + strlen("; beat "), NULL) : 0;
    if (!(beat > 0 && beat <= 3600)) return !o->is_locked;
    heartbeat before = newest_beat(o);
    if (!o->is_look_told)
        log_info("%s: looks %.1f s for signs of life of the training that began there (%.*s)",
                 o->run, SIGN_OF_LIFE * beat, (int)strcspn(line, ";\n"), line);
    o->is_look_told = true;
    sleep_for(SIGN_OF_LIFE * beat);
    heartbeat after = newest_beat(o);
    return after.beats != before.beats || after.start != before.start;
}

static bool is_of_host(const char *line, const world *w)
{
    char host[WORLD_HOST_SIZE], start[WORLD_HOST_SIZE + 16];
    world_host(w, 0, host);
    int length = snprintf(start, sizeof start, "host %s,", host);
    return strncmp(line, start, (size_t)length) == 0;
}

// With the lock, or where there is none.
static status take_over(run_owner *o, const world *w, double beat, bool *others)
{
    char line[OWNER_LINE_SIZE], found[OWNER_LINE_SIZE] = "";
    TRY(read_line(o, o->line));
    bool in_doubt = o->line[0] != '\0' && (!o->is_locked || !is_of_host(o->line, w));
    *others = in_doubt && is_alive(o, o->line);
    if (*others) {
        unlock(o);
        return ST_OK;
    }
    write_own_line(w, beat, line);
    bool written = replace_line(o, line);
    CHECK(written || o->is_locked, ST_IO, "%s/owner: cannot be written: %s", o->run,
          strerror(errno));
    if (!written) log_warn("%s/owner: cannot be written: %s", o->run, strerror(errno));
    if (!o->is_locked) {
        sleep_for(SETTLE_SECONDS);
        TRY(read_line(o, found));
        *others = strcmp(found, line) != 0;
    }
    memcpy(o->line, *others ? found : line, sizeof o->line);
    o->is_owner = !*others;
    return ST_OK;
}

// Rank 0. others: another training owns the folder, and its line is in o->line.
static status try_to_take(run_owner *o, const world *w, double beat, bool *others)
{
    char path[RUN_PATH_SIZE];
    *others = false;
    snprintf(path, sizeof path, "%s/owner", o->run);
    if (o->file < 0) TRY(run_folder_make(o->run));
    if (o->file < 0) o->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    CHECK(o->file >= 0, ST_IO, "%s: cannot be opened for writing: %s", path, strerror(errno));
    TRY(lock(o, others));
    return *others ? read_line(o, o->line) : take_over(o, w, beat, others);
}

// Who is in the way, for a message: printable, without what is for programs.
static void describe_other(const run_owner *o, char text[OWNER_LINE_SIZE])
{
    snprintf(text, OWNER_LINE_SIZE, "%.*s", (int)strcspn(o->line, ";\n"), o->line);
    for (char *at = text; *at != '\0'; at++)
        if (*at < ' ' || *at > '~') *at = '?';
    if (text[0] == '\0') snprintf(text, OWNER_LINE_SIZE, "another process");
}

static status refuse(const run_owner *o)
{
    char other[OWNER_LINE_SIZE];
    describe_other(o, other);
    return failure(
        ST_USAGE,
        "%s: is being trained in already (%s); --wait waits until that has ended, or choose "
        "another run folder%s",
        o->run, other,
        o->is_lockless_told ? ", or delete its file `owner` if that is long dead" : "");
}

status run_owner_take(run_owner *o, const world *w, const char *run, double beat, bool waits)
{
    *o = (run_owner){.file = -1};
    snprintf(o->run, sizeof o->run, "%s", run);
    for (bool told = false;; told = true) {
        bool others = false;
        char other[OWNER_LINE_SIZE];
        TRY(agree(w, w->rank == 0 ? try_to_take(o, w, beat, &others) : ST_OK));
        exchange_broadcast(w, &others, sizeof others, 0);
        if (!others) return ST_OK;
        if (!waits) return agree(w, w->rank == 0 ? refuse(o) : ST_OK);
        describe_other(o, other);
        if (!told) log_info("%s: waits for the training there to end (%s)", run, other);
        sleep_for(POLL_SECONDS);
    }
}

void run_owner_release(run_owner *o)
{
    char found[OWNER_LINE_SIZE];
    if (o->file < 0) return;
    bool owns = o->is_owner && read_line(o, found) == ST_OK && strcmp(found, o->line) == 0;
    if (owns) (void)replace_line(o, ""); // if it stays, the next start may look for signs of life
    close(o->file);                      // the lock ends with it
    *o = (run_owner){.file = -1};
}
