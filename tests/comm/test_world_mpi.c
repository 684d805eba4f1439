// The world knows its ranks; only rank 0 speaks; Slurm's tasks and MPI's ranks must be the same.
#include "tests/check_mpi.h"

#include "base/log.h"
#include "comm/world.h"

#include <stdlib.h>

static world w;

static void ranks_are_those_of_mpi(void **state)
{
    (void)state;
    int rank, size;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    assert_all(w.rank == rank && w.size == size);
    // All ranks of a test run on one machine.
    assert_all(w.local_rank == rank && w.local_size == size);
    world_barrier(&w);
}

static void only_rank_0_speaks(void **state)
{
    (void)state;
    assert_all(log_is_silent() == (w.rank > 0));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_are_those_of_mpi),
        cmocka_unit_test(only_rank_0_speaks),
    };
    // Slurm's tasks do not matter when MPI sees several ranks, nor when one rank is wanted.
    const char *launched = getenv("OMPI_COMM_WORLD_SIZE");
    setenv("SLURM_STEP_NUM_TASKS", "8", 1);
    if (launched == NULL || strcmp(launched, "1") == 0) setenv("BASIN_ALLOW_SINGLE", "1", 1);
    if (world_init(&w, &argc, &argv) != ST_OK) {
        print_error("%s\n", status_message());
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
