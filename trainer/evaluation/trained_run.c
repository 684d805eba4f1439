// trainer/evaluation/trained_run.c -- see trained_run.h.
#include "trainer/evaluation/trained_run.h"

#include "comm/agree.h"
#include "comm/exchange.h"
#include "comm/rank_watch.h"
#include "trainer/run/checkpoint_folder.h"

#include <string.h>

status trained_run_open(trained_run *r, const char *command, const char *folder, int override_count,
                        char *const *overrides)
{
    *r = (trained_run){0};
    int length = snprintf(r->job_file, sizeof r->job_file, "%s/job.yaml", folder);
    CHECK(length < (int)sizeof r->job_file, ST_USAGE, "%s: this path is too long: %s", command,
          folder);
    snprintf(r->folder, sizeof r->folder, "%s", folder);
    return job_load(&r->job, r->job_file, override_count, overrides);
}

status trained_run_open_codes(trained_run *r, const char *command, const char *folder,
                              int override_count, char *const *overrides)
{
    TRY(trained_run_open(r, command, folder, override_count, overrides));
    CHECK(method_reads(r->job.method, "codes"), ST_CONFIG,
          "%s: %s was trained by method %s, which has no codes; take a run of method sparse",
          command, folder, r->job.method->name);
    return ST_OK;
}

status trained_run_find(trained_run *r)
{
    bool found;
    TRY(checkpoint_folder_find(r->folder, &found, r->checkpoint));
    CHECK(found, ST_NO_INPUT, "%s: this run has no checkpoint yet; let it train longer", r->folder);
    return ST_OK;
}

status trained_run_choose(trained_run *r, const world *w)
{
    rank_watch_limit(r->job.watch.stall);
    TRY(agree(w, w->rank == 0 ? trained_run_find(r) : ST_OK));
    exchange_broadcast(w, r->checkpoint, sizeof r->checkpoint, 0);
    return ST_OK;
}

status trained_run_statistics(trained_run *r)
{
    return view_statistics_of_run(&r->training, &r->job, r->checkpoint);
}

void trained_run_close(trained_run *r)
{
    view_statistics_destroy(&r->training);
    job_destroy(&r->job);
}
