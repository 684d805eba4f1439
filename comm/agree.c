// comm/agree.c -- one number decides: the lowest failing rank, or the number of ranks if none
// fails.
#include "comm/agree.h"
#include "comm/world_private.h"

#include "base/log.h"
#include "base/printable.h"
#include "base/stop_signal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Not through the log, which is silent above rank 0. One call a line, so lines of ranks do not mix.
static void print_failure(const world *w, status mine)
{
    const char *what =
        mine == ST_STOPPED ? "stopping" : "error"; // who is asked to stop has not failed
    progress_end();
    if (w->size == 1)
        fprintf(stderr, "basin: %s: %s\n", what, printable(status_message()));
    else
        fprintf(stderr, "basin: %s on rank %d (host %s): %s\n", what, w->rank, w->private->host,
                printable(status_message()));
    fflush(stderr);
}

status agree(const world *w, status mine)
{
    return agree_done(w, mine == ST_OK ? stop_signal_check() : mine);
}

status agree_done(const world *w, status mine)
{
    int failing = mine == ST_OK ? w->size : w->rank, lowest;
    WAITING("agree", MPI_Allreduce(&failing, &lowest, 1, MPI_INT, MPI_MIN, w->private->all));
    if (lowest == w->size) return ST_OK;

    // Printed before the code goes out: the launcher may kill us as soon as another rank has left.
    if (w->rank == lowest && status_message()[0] != '\0') print_failure(w, mine);
    int code = (int)mine;
    WAITING("agree", MPI_Bcast(&code, 1, MPI_INT, lowest, w->private->all));
    status_clear();
    return (status)code;
}

status agree_same(const world *w, uint64_t value, const char *what)
{
    // The least of ~value is ~(the greatest value), so one message tells both ends.
    uint64_t ends[2] = {value, ~value};
    WAITING("agree", MPI_Allreduce(MPI_IN_PLACE, ends, 2, MPI_UINT64_T, MPI_MIN, w->private->all));
    if (ends[0] == ~ends[1]) return ST_OK;

    uint64_t first = value;
    WAITING("agree", MPI_Bcast(&first, 1, MPI_UINT64_T, 0, w->private->all));
    status mine = ST_OK;
    if (value != first)
        mine = failure(ST_CONFIG,
                       "the %s of this rank is not that of rank 0 (%016" PRIx64
                       " instead of %016" PRIx64 "): give all ranks the same",
                       what, value, first);
    return agree(w, mine);
}

status agree_same_text(const world *w, const char *text, const char *what, const char *cure)
{
    char first[AGREE_TEXT_SIZE], host[MPI_MAX_PROCESSOR_NAME];
    snprintf(first, sizeof first, "%s", text);
    snprintf(host, sizeof host, "%s", w->private->host);
    WAITING("agree", MPI_Bcast(first, sizeof first, MPI_CHAR, 0, w->private->all));
    WAITING("agree", MPI_Bcast(host, sizeof host, MPI_CHAR, 0, w->private->all));
    status mine = ST_OK;
    if (strcmp(text, first) != 0)
        mine = failure(ST_CONFIG, "the %s of this rank: \"%s\", of rank 0 (host %s) \"%s\": %s",
                       what, text, host, first, cure);
    return agree(w, mine);
}
