// trainer/run_folder.c -- paths, small files and the list of checkpoints of one run.
#include "trainer/run_folder.h"

#include "io/atomic_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECKPOINTS "checkpoints"

static status make_folder(const char *path)
{
    CHECK(mkdir(path, 0777) == 0 || errno == EEXIST, ST_IO, "%s: cannot make this folder: %s", path,
          strerror(errno));
    struct stat info;
    CHECK(stat(path, &info) == 0 && S_ISDIR(info.st_mode), ST_IO,
          "%s: a folder is needed here, but a file of this name is in the way", path);
    return ST_OK;
}

// Every part of the path in turn.
static status make_folders(const char *path)
{
    char part[RUN_PATH_SIZE];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        TRY(make_folder(part));
        *slash = '/';
    }
    return make_folder(part);
}

static void join(char path[RUN_PATH_SIZE], const char *folder, const char *name)
{
    int length = snprintf(path, RUN_PATH_SIZE, "%s/%s", folder, name);
    ASSERT(length < RUN_PATH_SIZE);
}

static void join_checkpoint(char path[RUN_PATH_SIZE], const char *run, const char *name)
{
    char folder[RUN_PATH_SIZE];
    join(folder, run, CHECKPOINTS);
    join(path, folder, name);
}

status run_folder_pictures(const run_folder *r, uint64_t epoch, char prefix[RUN_PATH_SIZE])
{
    char folder[RUN_PATH_SIZE], name[64];
    join(folder, r->path, "pictures");
    TRY(make_folder(folder));
    snprintf(name, sizeof name, "epoch-%04llu-", (unsigned long long)epoch);
    join(prefix, folder, name);
    return ST_OK;
}

status run_folder_open(run_folder *r, const char *path)
{
    char inside[RUN_PATH_SIZE];
    *r = (run_folder){0};
    snprintf(r->path, sizeof r->path, "%s", path);
    join(inside, path, CHECKPOINTS);
    TRY(make_folders(inside));
    join(inside, path, "metrics.jsonl");
    r->metrics = fopen(inside, "a");
    CHECK(r->metrics != NULL, ST_IO, "%s: cannot be opened for writing: %s", inside,
          strerror(errno));
    return ST_OK;
}

status run_folder_write(const run_folder *r, const char *name, const char *text)
{
    char path[RUN_PATH_SIZE];
    join(path, r->path, name);
    return atomic_file_write_text(path, text);
}

status run_folder_add_metrics(run_folder *r, const char *json)
{
    bool written = fprintf(r->metrics, "%s\n", json) > 0 && fflush(r->metrics) == 0;
    CHECK(written, ST_IO, "%s/metrics.jsonl: cannot be written: %s", r->path, strerror(errno));
    return ST_OK;
}

void run_folder_checkpoint_path(const char *run, uint64_t step, char path[RUN_PATH_SIZE])
{
    char name[64];
    snprintf(name, sizeof name, "step-%012llu.h5", (unsigned long long)step);
    join_checkpoint(path, run, name);
}

static int is_checkpoint(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return strncmp(entry->d_name, "step-", 5) == 0 && length > 3 &&
           strcmp(entry->d_name + length - 3, ".h5") == 0;
}

// Names of the checkpoints, oldest first; free each and the list.
static status list_checkpoints(const char *run, struct dirent ***names, int *count)
{
    char folder[RUN_PATH_SIZE];
    join(folder, run, CHECKPOINTS);
    *count = scandir(folder, names, is_checkpoint, alphasort);
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

status run_folder_latest(const char *run, bool *found, char path[RUN_PATH_SIZE])
{
    struct dirent **names;
    int count;
    TRY(list_checkpoints(run, &names, &count));
    *found = count > 0;
    if (*found) join_checkpoint(path, run, names[count - 1]->d_name);
    free_names(names, count);
    return ST_OK;
}

static status link_latest(const run_folder *r, uint64_t step)
{
    char target[64], link[RUN_PATH_SIZE], beside[RUN_PATH_SIZE];
    snprintf(target, sizeof target, "step-%012llu.h5", (unsigned long long)step);
    join(link, r->path, CHECKPOINTS "/latest");
    join(beside, r->path, CHECKPOINTS "/latest.new");
    bool removed = unlink(beside) == 0 || errno == ENOENT;
    CHECK(removed && symlink(target, beside) == 0 && rename(beside, link) == 0, ST_IO,
          "%s: cannot be pointed to %s: %s", link, target, strerror(errno));
    return ST_OK;
}

status run_folder_publish(const run_folder *r, uint64_t step, int64_t keep)
{
    TRY(link_latest(r, step));
    struct dirent **names;
    int count;
    TRY(list_checkpoints(r->path, &names, &count));
    status s = ST_OK;
    for (int i = 0; i < count - (int)keep && s == ST_OK; i++) {
        char path[RUN_PATH_SIZE];
        ASSERT(names != NULL);
        join_checkpoint(path, r->path, names[i]->d_name);
        if (unlink(path) != 0)
            s = failure(ST_IO, "%s: the old checkpoint cannot be deleted: %s", path,
                        strerror(errno));
    }
    free_names(names, count);
    return s;
}

status run_folder_close(run_folder *r)
{
    if (r->metrics == NULL) return ST_OK;
    int closed = fclose(r->metrics);
    r->metrics = NULL;
    CHECK(closed == 0, ST_IO, "%s/metrics.jsonl: cannot be written: %s", r->path, strerror(errno));
    return ST_OK;
}
