// lost_rank FOLDER WAY -- a job whose rank 1 is lost while all sum up; run by lost_rank.sh.
//
// Each rank writes its process id to FOLDER/pid.RANK. WAY "assert" breaks an invariant on rank 1,
// in "leaving" rank 1 stops itself while the others end MPI, else it waits for somebody to send a
// signal. It ends by itself after 60 s, so that it never outlives its test.
#include "base/clock.h"
#include "comm/reduce.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool write_pid(const char *folder, int rank)
{
    char part[512], path[512];
    snprintf(part, sizeof part, "%s/part.%d", folder, rank);
    snprintf(path, sizeof path, "%s/pid.%d", folder, rank);
    FILE *file = fopen(part, "w");
    if (file == NULL) return false;
    fprintf(file, "%ld\n", (long)getpid());
    return fclose(file) == 0 && rename(part, path) == 0;
}

int main(int argc, char **argv)
{
    world w;
    workers v;
    reduce *r;
    double waited = 0, start = clock_seconds();
    if (world_init(&w, &argc, &argv) != ST_OK || argc != 3) return 1;
    if (workers_divide(&v, &w, w.size, w.size) != ST_OK) return 1;
    if (reduce_create(&r, &w, &v, 100000) != ST_OK || !write_pid(argv[1], w.rank)) return 1;
    bool leaves = strcmp(argv[2], "leaving") == 0;
    while (!leaves && clock_seconds() - start < 60) {
        ASSERT(w.rank != 1 || strcmp(argv[2], "assert") != 0);
        reduce_leaf(r);
        reduce_push(r);
        (void)reduce_finish(r, &waited);
    }
    if (!leaves) world_abort(ST_INTERNAL); // its test has not ended it
    if (w.rank == 1) (void)raise(SIGSTOP);
    reduce_destroy(r);
    world_fini(&w);
    return 0;
}
