// trainer/job/continued_job.c -- see continued_job.h.
#include "trainer/job/continued_job.h"

#include "base/log.h"
#include "trainer/run/run_folder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define JOB_FILE "job.yaml"

static bool is_folder(const char *path, struct stat *info)
{
    return stat(path, info) == 0 && S_ISDIR(info->st_mode);
}

// The folder of `path`, when that is the job file of a run.
static bool find_run(const char *path, char folder[CONFIG_TEXT_SIZE])
{
    char inside[CONFIG_TEXT_SIZE + sizeof RUN_CHECKPOINTS + 1];
    struct stat info;
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    if (strcmp(name, JOB_FILE) != 0) return false;
    int size = slash != NULL ? (int)(slash - path) + (slash == path) : 1; // of "/" too
    int length = snprintf(folder, CONFIG_TEXT_SIZE, "%.*s", size, slash != NULL ? path : ".");
    if (length >= CONFIG_TEXT_SIZE) return false;
    snprintf(inside, sizeof inside, "%s/" RUN_CHECKPOINTS, folder);
    return is_folder(inside, &info);
}

static bool is_same_folder(const char *one, const char *other)
{
    struct stat a, b;
    return is_folder(one, &a) && is_folder(other, &b) && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static bool names_run(int override_count, char *const *overrides)
{
    for (int i = 0; i < override_count; i++)
        if (strncmp(overrides[i], "run=", strlen("run=")) == 0) return true;
    return false;
}

status continued_job_load(job *j, const char *path, int override_count, char *const *overrides)
{
    char folder[CONFIG_TEXT_SIZE], run[CONFIG_TEXT_SIZE + sizeof "run="];
    TRY(job_load(j, path, override_count, overrides));
    if (names_run(override_count, overrides) || !find_run(path, folder)) return ST_OK;
    if (is_same_folder(folder, j->run)) return ST_OK;
    log_info("%s: this run was moved or copied from %s, and goes on here", folder, j->run);
    job_destroy(j);
    char **all = calloc((size_t)override_count + 1, sizeof *all);
    CHECK(all != NULL, ST_INTERNAL, "no memory for the command line");
    for (int i = 0; i < override_count; i++)
        all[i] = overrides[i];
    snprintf(run, sizeof run, "run=%s", folder);
    all[override_count] = run;
    status s = job_load(j, path, override_count + 1, all);
    free(all);
    return s;
}
