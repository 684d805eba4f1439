// One rank is refused where Slurm has several tasks. A program of its own: MPI starts only once.
#include "tests/check.h"

#include "comm/world.h"

#include <mpi.h>
#include <stdlib.h>

static void lonely_rank_under_slurm_is_refused_with_the_cure(void **state)
{
    (void)state;
    world w;
    setenv("SLURM_STEP_NUM_TASKS", "4", 1);
    unsetenv("BASIN_ALLOW_SINGLE");
    assert_fails(world_init(&w, NULL, NULL), ST_USAGE, "srun --mpi=pmix");
    int ended = 0;
    MPI_Finalized(&ended);
    assert_true(ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lonely_rank_under_slurm_is_refused_with_the_cure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
