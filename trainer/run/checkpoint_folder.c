// trainer/run/checkpoint_folder.c -- names, the link, and what may be deleted when.
#include "trainer/run/checkpoint_folder.h"

#include "base/log.h"
#include "io/checkpoint/checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define NAME_FORMAT "step-%012llu.h5"

static void join(char path[RUN_PATH_SIZE], const char *run, const char *name)
{
    int length = snprintf(path, RUN_PATH_SIZE, "%s/" RUN_CHECKPOINTS "/%s", run, name);
    ASSERT(length < RUN_PATH_SIZE);
}

void checkpoint_folder_path(const char *run, uint64_t step, char path[RUN_PATH_SIZE])
{
    char name[64];
    snprintf(name, sizeof name, NAME_FORMAT, (unsigned long long)step);
    join(path, run, name);
}

// What follows the name of a checkpoint that `name` begins with, and its step; NULL when it begins
// with none.
static const char *behind_name(const char *name, uint64_t *step)
{
    char own[64];
    if (strncmp(name, "step-", strlen("step-")) != 0) return NULL;
    unsigned long long number = strtoull(name + strlen("step-"), NULL, 10);
    int length = snprintf(own, sizeof own, NAME_FORMAT, number);
    if (strncmp(name, own, (size_t)length) != 0) return NULL; // step-7.h5, step-best.h5
    *step = number;
    return name + length;
}

static bool is_followed_by(const char *name, const char *end, bool whole)
{
    uint64_t step;
    const char *rest = behind_name(name, &step);
    if (rest == NULL) return false;
    return whole ? strcmp(rest, end) == 0 : strncmp(rest, end, strlen(end)) == 0;
}

static int is_checkpoint(const struct dirent *entry)
{
    return is_followed_by(entry->d_name, "", true);
}

static int is_bad(const struct dirent *entry)
{
    return is_followed_by(entry->d_name, ".bad", true);
}

static int is_partial(const struct dirent *entry)
{
    return is_followed_by(entry->d_name, ".partial-", false);
}

// Of a name that is_checkpoint.
static uint64_t step_of(const char *name)
{
    uint64_t step = 0;
    (void)behind_name(name, &step);
    return step;
}

// Files of one kind, oldest first; free each and the list. None where there is no folder yet.
static status list(const char *run, int (*is_kind)(const struct dirent *), struct dirent ***names,
                   int *count)
{
    char folder[RUN_PATH_SIZE];
    join(folder, run, "");
    *count = scandir(folder, names, is_kind, alphasort);
    if (*count < 0 && errno == ENOENT) {
        *names = NULL;
        *count = 0;
    }
    CHECK(*count >= 0, ST_IO, "%s: cannot be read: %s", folder, strerror(errno));
    return ST_OK;
}

static void free_names(struct dirent **names, int count)
{
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static status mark_bad(const char *path)
{
    char bad[RUN_PATH_SIZE + 4];
    snprintf(bad, sizeof bad, "%s.bad", path);
    CHECK(rename(path, bad) == 0, ST_IO, "%s: cannot be renamed to %s: %s", path, bad,
          strerror(errno));
    return ST_OK;
}

// Whole, and of the step of its name.
static status verify(const char *path, uint64_t step)
{
    uint64_t held = 0;
    checkpoint_array array = {"step", ARRAY_U64, 0, {0}, &held};
    TRY(checkpoint_verify(path, &array));
    CHECK(held == step, ST_BAD_DATA,
          "%s: holds step %llu, not that of its name: it was renamed, or is another run's", path,
          (unsigned long long)held);
    return ST_OK;
}

// What is only convenient has failed: told of, and forgotten.
static void forgive(status s)
{
    if (s == ST_OK) return;
    log_warn("%s", status_message());
    status_clear();
}

// Is this one whole? If not, says so in the log; a damaged one is renamed, if it may be.
static status try_one(const char *path, uint64_t step, bool marks, bool *good)
{
    status s = verify(path, step);
    *good = s == ST_OK;
    if (*good || s == ST_INTERNAL) return s;
    log_warn("%s", status_message());
    status_clear();
    marks = marks && s == ST_BAD_DATA;
    if (marks) {
        status marked = mark_bad(path);
        marks = marked == ST_OK;
        forgive(marked);
    }
    log_warn("%s: %s; an older checkpoint is looked for", path,
             marks ? "renamed to *.bad" : "left as it is");
    return ST_OK;
}

// The step of the newest one that is whole; marks: damaged ones are renamed.
static status find_good(const char *run, bool marks, bool *found, uint64_t *step)
{
    struct dirent **names, **bad;
    int count, bad_count;
    *found = false;
    TRY(list(run, is_checkpoint, &names, &count));
    status s = ST_OK;
    for (int i = count - 1; i >= 0 && !*found && s == ST_OK; i--) {
        char path[RUN_PATH_SIZE];
        ASSERT(names != NULL);
        join(path, run, names[i]->d_name);
        *step = step_of(names[i]->d_name);
        s = try_one(path, *step, marks, found);
    }
    free_names(names, count);
    TRY(s);
    if (*found) return ST_OK;
    TRY(list(run, is_bad, &bad, &bad_count));
    free_names(bad, bad_count);
    CHECK(count == 0 && bad_count == 0, ST_BAD_DATA,
          "%s: of its checkpoints none can be read; to begin anew delete %s/" RUN_CHECKPOINTS
          " or choose another run folder",
          run, run);
    return ST_OK;
}

status checkpoint_folder_find(const char *run, bool *found, char path[RUN_PATH_SIZE])
{
    uint64_t step;
    TRY(find_good(run, false, found, &step));
    if (*found) checkpoint_folder_path(run, step, path);
    return ST_OK;
}

static status remove_partial(const char *run)
{
    struct dirent **names;
    int count;
    TRY(list(run, is_partial, &names, &count));
    for (int i = 0; i < count; i++) {
        char path[RUN_PATH_SIZE];
        join(path, run, names[i]->d_name);
        if (unlink(path) == 0) log_info("%s: removed; its writer was killed", path);
    }
    free_names(names, count);
    return ST_OK;
}

static status link_latest(const char *run, uint64_t step)
{
    char target[64], link[RUN_PATH_SIZE], beside[RUN_PATH_SIZE];
    snprintf(target, sizeof target, NAME_FORMAT, (unsigned long long)step);
    join(link, run, "latest");
    join(beside, run, "latest.new");
    bool removed = unlink(beside) == 0 || errno == ENOENT;
    CHECK(removed && symlink(target, beside) == 0 && rename(beside, link) == 0, ST_IO,
          "%s: cannot be pointed to the newest checkpoint: %s", link, strerror(errno));
    return ST_OK;
}

status checkpoint_folder_choose(const char *run, bool *found, uint64_t *step)
{
    TRY(remove_partial(run));
    TRY(find_good(run, true, found, step));
    // The link may name one that is damaged, or an older one.
    if (*found) forgive(link_latest(run, *step));
    return ST_OK;
}

status checkpoint_folder_room(const char *run, uint64_t bytes)
{
    char folder[RUN_PATH_SIZE];
    struct statvfs space;
    join(folder, run, "");
    CHECK(statvfs(folder, &space) == 0, ST_IO, "%s: its free space cannot be asked for: %s", folder,
          strerror(errno));
    uint64_t room = (uint64_t)space.f_bavail * space.f_frsize;
    CHECK(room >= bytes, ST_IO, "%s: %.1f MB are free, a checkpoint needs %.1f MB", folder,
          1e-6 * (double)room, 1e-6 * (double)bytes);
    return ST_OK;
}

static bool divides(uint64_t stride, uint64_t step)
{
    return stride > 0 && step % stride == 0;
}

// Those before `step` that need not stay; goes on after one that cannot be deleted.
static status delete_older(const char *run, uint64_t step, const checkpoint_keeping *keeping)
{
    struct dirent **names;
    int count;
    int64_t seen[2] = {0, 0}; // of others, of those in their time; from the newest on
    TRY(list(run, is_checkpoint, &names, &count));
    status s = ST_OK;
    for (int i = count - 1; i >= 0; i--) {
        char path[RUN_PATH_SIZE];
        ASSERT(names != NULL);
        uint64_t at = step_of(names[i]->d_name);
        if (at > step) continue; // of a job that was longer, or not to be read
        bool stays = ++seen[divides(keeping->regular, at)] <= keeping->newest;
        if (stays || divides(keeping->stride, at)) continue;
        join(path, run, names[i]->d_name);
        if (unlink(path) == 0) continue;
        int reason = errno;
        status_clear(); // the oldest is told of: the same one each time
        s = failure(ST_IO, "%s: the old checkpoint cannot be deleted: %s", path, strerror(reason));
    }
    free_names(names, count);
    return s;
}

// Adds the message of a failure that ends nothing.
static void note(status s, char remark[CHECKPOINT_REMARK_SIZE])
{
    if (s == ST_OK) return;
    size_t used = strlen(remark);
    snprintf(remark + used, CHECKPOINT_REMARK_SIZE - used, "%s%s", used > 0 ? "; " : "",
             status_message());
    status_clear();
}

status checkpoint_folder_publish(const char *run, uint64_t step, const checkpoint_keeping *keeping,
                                 char remark[CHECKPOINT_REMARK_SIZE])
{
    char path[RUN_PATH_SIZE];
    remark[0] = '\0';
    checkpoint_folder_path(run, step, path);
    status s = verify(path, step);
    if (s == ST_BAD_DATA) {
        (void)mark_bad(path); // the first message stays: what is damaged
        return ST_IO;
    }
    TRY(s);
    note(link_latest(run, step), remark);
    note(delete_older(run, step, keeping), remark);
    return ST_OK;
}
