// tests/check_mpi.h -- checks that all ranks make together.
//
// A rank that fails alone leaves the others waiting in their next collective. So in an mpi_test
// each check outside purely local code is assert_all: whatever one rank finds, all ranks fail.
#ifndef TESTS_CHECK_MPI_H
#define TESTS_CHECK_MPI_H

#include "tests/check.h"

#include <mpi.h>
#include <stdbool.h>

// Collective. Is it true on all ranks? A rank where it is not says so.
static inline bool true_on_all(bool mine, const char *text, const char *file, int line)
{
    int rank, all = mine;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (!mine) print_error("rank %d: %s:%d: not so: %s\n", rank, file, line, text);
    MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_LAND, MPI_COMM_WORLD);
    return all != 0;
}

// Collective. Fails on all ranks unless the condition holds on all.
#define assert_all(condition) assert_true(true_on_all((condition), #condition, __FILE__, __LINE__))

// Collective. The call succeeds on all ranks; where not, its message is shown.
#define assert_all_ok(call)                                                                        \
    do {                                                                                           \
        status check_status = (call);                                                              \
        if (check_status != ST_OK) print_error("%s: %s\n", #call, status_message());               \
        assert_true(true_on_all(check_status == ST_OK, #call, __FILE__, __LINE__));                \
    } while (0)

#endif
