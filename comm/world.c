// comm/world.c -- start and end of MPI, and of the whole job when one rank must not go on.
#include "comm/world_private.h"

#include "base/log.h"
#include "base/memory_limit.h"
#include "comm/rank_watch.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct world_private only; // MPI is one a process, so is this

// ASSERT may fail in any thread, where MPI must not be called: but then nothing is left to lose.
static void abort_after_assert(void)
{
    fprintf(stderr, "basin: that was rank %d of %d (host %s); all ranks end here\n", only.rank,
            only.size, only.host);
    world_abort(ST_INTERNAL);
}

// How many ranks a launcher says it has started: Open MPI's, MPICH's.
static long started_by(const char *variable)
{
    const char *ranks = getenv(variable);
    return ranks != NULL ? strtol(ranks, NULL, 10) : 1;
}

// Without the right plug-in Slurm starts N programs that each believe to be alone; all of them
// would write the same run folder.
static status launch_check(int size)
{
    // Not SLURM_NTASKS: a batch script has that too, and there one rank is right.
    const char *tasks = getenv("SLURM_STEP_NUM_TASKS"), *allowed = getenv("BASIN_ALLOW_SINGLE");
    if (size > 1 || (allowed != NULL && strcmp(allowed, "1") == 0)) return ST_OK;
    CHECK(started_by("OMPI_COMM_WORLD_SIZE") <= 1 && started_by("PMI_SIZE") <= 1, ST_USAGE,
          "the launcher has started several ranks but each believes to be alone: it belongs to "
          "another "
          "MPI library; take the mpirun or mpiexec of the one that basin was built with");
    CHECK(tasks == NULL || strtol(tasks, NULL, 10) <= 1, ST_USAGE,
          "this job step has %s tasks but MPI sees a single rank: start the ranks with "
          "`srun --mpi=pmix` (of MPICH: --mpi=pmi2), or if one rank is what you want, set "
          "BASIN_ALLOW_SINGLE=1",
          tasks);
    return ST_OK;
}

// Has a launcher told this process of the others, in the way of any MPI? If not, Open MPI would end
// under srun before it can be asked, and blame its own build.
static bool has_launcher(void)
{
    return getenv("PMIX_RANK") != NULL || getenv("PMI_RANK") != NULL ||
           getenv("OMPI_COMM_WORLD_SIZE") != NULL;
}

// Processors that the ranks of this machine may run on, all together. One rank's own mask would not
// do: mpirun binds each rank to a core of its own.
static int machine_processors(MPI_Comm machine)
{
    cpu_set_t mine, together;
    // Fails when the machine has more than CPU_SETSIZE processors: then there are enough.
    if (sched_getaffinity(0, sizeof mine, &mine) != 0) memset(&mine, 0xff, sizeof mine);
    MPI_Allreduce(&mine, &together, (int)sizeof mine, MPI_BYTE, MPI_BOR, machine);
    return CPU_COUNT(&together);
}

// More ranks than processors: a rank that waits must not take the processor from one that works.
// MPI reads this as it starts, and only the launcher knows then how many ranks a machine has.
static void yield_when_crowded(void)
{
    const char *ranks = getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (ranks != NULL && strtol(ranks, NULL, 10) > processors)
        setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
}

// What all ranks know of all machines: greatest values.
enum { EXCESS, LOCAL_SIZE, MINUS_LOCAL_SIZE, OUT_OF_ORDER, FACTS };

static bool in_order(const world *w, MPI_Comm machine)
{
    int first = w->rank;
    MPI_Bcast(&first, 1, MPI_INT, 0, machine);
    return first % w->local_size == 0 && w->rank == first + w->local_rank;
}

// Collective. Finds the ranks of this machine, and warns when any machine has too many.
static void look_at_machine(world *w)
{
    MPI_Comm_split_type(only.all, MPI_COMM_TYPE_SHARED, w->rank, MPI_INFO_NULL, &only.machine);
    MPI_Comm_rank(only.machine, &w->local_rank);
    MPI_Comm_size(only.machine, &w->local_size);
    int facts[FACTS] = {w->local_size - machine_processors(only.machine), w->local_size,
                        -w->local_size, !in_order(w, only.machine)};
    MPI_Allreduce(MPI_IN_PLACE, facts, FACTS, MPI_INT, MPI_MAX, only.all);
    only.crowded = facts[EXCESS] > 0;
    only.even = facts[LOCAL_SIZE] == -facts[MINUS_LOCAL_SIZE] && !facts[OUT_OF_ORDER];
    only.may_share = true;
    if (only.crowded)
        log_warn(
            "a machine has more ranks than processors (by %d): who waits yields to who works, but "
            "fewer ranks would be faster",
            facts[EXCESS]);
    if (!only.even && facts[LOCAL_SIZE] > 1)
        log_warn("the ranks of a machine are not neighbours, or not as many on each machine, so "
                 "sums go by messages, which is slower: start as many on each, in order "
                 "(mpirun --map-by core, srun -m block)");
}

static bool holds(const uint64_t ids[MEMORY_LIMITS], uint64_t id)
{
    for (int i = 0; i < MEMORY_LIMITS; i++)
        if (ids[i] == id) return true;
    return false;
}

// Collective. A limit that several ranks of this machine are under, its memory or that of a control
// group, is divided among them.
static void share_memory(const world *w)
{
    memory_limits own;
    int ranks[MEMORY_LIMITS] = {0};
    uint64_t ids[MEMORY_LIMITS], *all = calloc((size_t)w->local_size, sizeof ids);
    ASSERT(all != NULL);
    memory_limits_find(&own, "");
    for (int i = 0; i < MEMORY_LIMITS; i++)
        ids[i] = i < own.count ? own.list[i].id : UINT64_MAX;
    MPI_Allgather(ids, MEMORY_LIMITS, MPI_UINT64_T, all, MEMORY_LIMITS, MPI_UINT64_T, only.machine);
    for (int i = 0; i < own.count; i++)
        for (int rank = 0; rank < w->local_size; rank++)
            ranks[i] += holds(all + (size_t)rank * MEMORY_LIMITS, ids[i]);
    free(all);
    memory_limits_share(&own, ranks);
}

// Collective.
static void gather_hosts(void)
{
    char mine[WORLD_HOST_SIZE];
    snprintf(mine, sizeof mine, "%.*s", WORLD_HOST_SIZE - 1, only.host);
    MPI_Allgather(mine, WORLD_HOST_SIZE, MPI_CHAR, only.hosts, WORLD_HOST_SIZE, MPI_CHAR, only.all);
}

void world_host(const world *w, int rank, char host[WORLD_HOST_SIZE])
{
    snprintf(host, WORLD_HOST_SIZE, "%s", w->private->hosts + (size_t)rank * WORLD_HOST_SIZE);
}

status world_init(world *w, int *argc, char ***argv)
{
    int thread_level, host_length;
    *w = (world){.private = &only};
    only.machine = MPI_COMM_NULL;
    if (!has_launcher()) TRY(launch_check(1));
    TRY(rank_watch_before());
    yield_when_crowded();
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &thread_level);
    MPI_Comm_dup(MPI_COMM_WORLD, &only.all);
    MPI_Comm_rank(only.all, &w->rank);
    MPI_Comm_size(only.all, &w->size);
    MPI_Get_processor_name(only.host, &host_length);
    only.rank = w->rank;
    only.size = w->size;
    log_set_silent(w->rank > 0);
    assert_set_hook(abort_after_assert);

    status launched = launch_check(w->size);
    if (launched == ST_OK && thread_level < MPI_THREAD_FUNNELED)
        launched = failure(ST_INTERNAL, "this MPI library cannot run beside other threads: use one "
                                        "that gives MPI_THREAD_FUNNELED");
    if (launched != ST_OK) {
        world_fini(w);
        return launched;
    }
    only.gather_bytes = calloc((size_t)w->size, sizeof *only.gather_bytes);
    only.gather_starts = calloc((size_t)w->size, sizeof *only.gather_starts);
    only.hosts = calloc((size_t)w->size, WORLD_HOST_SIZE);
    ASSERT(only.gather_bytes != NULL && only.gather_starts != NULL && only.hosts != NULL);
    gather_hosts();
    look_at_machine(w);
    share_memory(w);
    rank_watch_begin(w);
    return ST_OK;
}

void world_fini(world *w)
{
    assert_set_hook(NULL);
    free(only.gather_bytes);
    free(only.gather_starts);
    free(only.hosts);
    if (only.machine != MPI_COMM_NULL) MPI_Comm_free(&only.machine);
    MPI_Comm_free(&only.all);
    WAITING("end", MPI_Finalize());
    rank_watch_end();
    only = (struct world_private){0};
    *w = (world){0};
}

void world_abort(status code)
{
    int started = 0, ended = 0;
    MPI_Initialized(&started);
    MPI_Finalized(&ended);
    fflush(NULL);
    if (started && !ended) MPI_Abort(MPI_COMM_WORLD, (int)code);
    _Exit((int)code);
}

void world_barrier(const world *w)
{
    WAITING("barrier", MPI_Barrier(w->private->all));
}
