// trainer/trained_run.c -- see trained_run.h.
#include "trainer/trained_run.h"

#include "trainer/run/checkpoint_folder.h"

#include <string.h>

status trained_run_open(trained_run *r, const char *command, const char *folder, int override_count,
                        char *const *overrides)
{
    char path[RUN_PATH_SIZE];
    bool found;
    *r = (trained_run){0};
    int length = snprintf(path, sizeof path, "%s/job.yaml", folder);
    CHECK(length < (int)sizeof path, ST_USAGE, "%s: this path is too long: %s", command, folder);
    TRY(job_load(&r->job, path, override_count, overrides));
    TRY(checkpoint_folder_newest(folder, &found, r->checkpoint));
    CHECK(found, ST_NO_INPUT, "%s: this run has no checkpoint yet; let it train longer", folder);
    return ST_OK;
}

status trained_run_open_codes(trained_run *r, const char *command, const char *folder,
                              int override_count, char *const *overrides)
{
    TRY(trained_run_open(r, command, folder, override_count, overrides));
    CHECK(r->job.method->kind == METHOD_INFERS, ST_CONFIG,
          "%s: %s was trained by method %s, which has no codes; take a run of method sparse",
          command, folder, r->job.method->name);
    return ST_OK;
}

void trained_run_close(trained_run *r)
{
    job_destroy(&r->job);
}
