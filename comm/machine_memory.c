// comm/machine_memory.c -- an anonymous file mapped by all ranks of a machine; its first bytes are
// the gate.
#include "comm/machine_memory.h"
#include "comm/world_private.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPINS       4000    // some 50 us, about as long as it takes to wake a sleeper
#define YIELDS      20      // the same when the others need this processor
#define SLEEP_NANOS 1000000 // how long MPI may stand still while a rank sleeps

// One cache line each: who waits for the round must not be disturbed by who arrives.
struct gate {
    _Alignas(64) atomic_uint arrived;
    _Alignas(64) atomic_uint round;
    _Alignas(64) atomic_uint sleepers;
    _Alignas(64) uint64_t mark; // is it the memory that was meant?
};

// How the first rank of the machine tells the others where the memory is.
typedef struct address {
    uint64_t mark;
    long process;
    int file; // descriptor in that process, or -1
} address;

// Room for the whole, without touching it.
static status open_file(size_t bytes, int *file)
{
    *file = memfd_create("basin", MFD_CLOEXEC);
    CHECK(*file >= 0, ST_INTERNAL, "no anonymous file: %s", strerror(errno));
    CHECK(ftruncate(*file, (off_t)bytes) == 0, ST_INTERNAL, "no anonymous file of %.1f MB: %s",
          (double)bytes * 1e-6, strerror(errno));
    return ST_OK;
}

// A limit would not be an error but the end (SIGXFSZ), and so would be more than there is (the
// kernel's out-of-memory killer).
static status limits_check(const world *w, size_t bytes)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0 && bytes <= limit.rlim_cur, ST_INTERNAL,
          "files may not have %.1f MB here (ulimit -f)", (double)bytes * 1e-6);
    double most = memory_limit_bytes() * w->local_size;
    CHECK((double)bytes <= most, ST_INTERNAL,
          "%.1f MB are more than the %.1f MB that the ranks of this machine may take",
          (double)bytes * 1e-6, most * 1e-6);
    return ST_OK;
}

static status create_file(const world *w, size_t bytes, address *at, int *file)
{
    *file = -1;
    status made = limits_check(w, bytes);
    if (made == ST_OK && w->local_rank == 0) made = open_file(bytes, file);
    *at = (address){(uint64_t)(clock_seconds() * 1e9) ^ (uint64_t)getpid() << 32, (long)getpid(),
                    made == ST_OK ? *file : -1};
    WAITING("shared memory", MPI_Bcast(at, (int)sizeof *at, MPI_BYTE, 0, w->private->machine));
    return made;
}

static status map_file(machine_memory *m, const address *at, int *file)
{
    CHECK(at->file >= 0, ST_PEER, "the first rank of the machine cannot have it");
    if (*file < 0) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%ld/fd/%d", at->process, at->file);
        *file = open(path, O_RDWR | O_CLOEXEC);
        CHECK(*file >= 0, ST_INTERNAL, "%s: %s", path, strerror(errno));
        CHECK(lseek(*file, 0, SEEK_END) == (off_t)m->mapped, ST_INTERNAL,
              "%s is not the memory of the first rank", path);
    }
    void *base = mmap(NULL, m->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, *file, 0);
    CHECK(base != MAP_FAILED, ST_INTERNAL, "%.1f MB cannot be mapped: %s", (double)m->mapped * 1e-6,
          strerror(errno));
    m->gate = base;
    return ST_OK;
}

// The kernel places a page near the rank that asks for it first.
static status reserve(int file, size_t first, size_t bytes)
{
    if (bytes == 0) return ST_OK;
    int error = posix_fallocate(file, (off_t)first, (off_t)bytes);
    CHECK(error == 0, ST_INTERNAL, "no room for %.1f MB: %s", (double)bytes * 1e-6,
          strerror(error));
    return ST_OK;
}

// The reason of the lowest failing rank, from rank 0.
static void warn_why(const world *w, int failing)
{
    char why[200];
    snprintf(why, sizeof why, "%s", status_message());
    WAITING("shared memory", MPI_Bcast(why, (int)sizeof why, MPI_CHAR, failing, w->private->all));
    log_warn("ranks of a machine cannot share memory, so sums go by messages, which is slower: on "
             "rank %d, %s",
             failing, why);
}

static bool agree_on_sharing(const world *w, status mine)
{
    // The others of the machine know only that its first rank has failed.
    int rank = mine == ST_OK || mine == ST_PEER ? w->size : w->rank, failing;
    WAITING("shared memory", MPI_Allreduce(&rank, &failing, 1, MPI_INT, MPI_MIN, w->private->all));
    if (failing == w->size) return true;
    warn_why(w, failing);
    status_clear();
    w->private->may_share = false;
    return false;
}

static status create(machine_memory *m, const world *w, size_t own_first, size_t own_bytes)
{
    address at;
    int file;
    status made = create_file(w, m->mapped, &at, &file);
    if (made == ST_OK) made = map_file(m, &at, &file);
    if (made == ST_OK && w->local_rank == 0) made = reserve(file, 0, sizeof *m->gate);
    if (made == ST_OK && w->local_rank == 0) m->gate->mark = at.mark;
    WAITING("shared memory",
            MPI_Barrier(w->private->machine)); // the others must have opened it, and see the mark
    if (made == ST_OK && m->gate->mark != at.mark)
        made = failure(ST_INTERNAL, "another file came in the place of the first rank's memory");
    if (made == ST_OK) made = reserve(file, own_first, own_bytes);
    if (file >= 0) (void)close(file); // the mapping stays
    return made;
}

bool machine_memory_create(machine_memory *m, const world *w, size_t bytes, size_t own_first,
                           size_t own_bytes)
{
    size_t head = arena_padded(sizeof *m->gate);
    *m = (machine_memory){.world = w, .mapped = head + bytes};
    bool shared = agree_on_sharing(w, create(m, w, head + own_first, own_bytes));
    if (shared)
        m->base = (unsigned char *)m->gate + head;
    else
        machine_memory_destroy(m);
    return shared;
}

// For a rank that comes soon; a sleeper takes longer to wake.
static void wait_awake(struct gate *g, unsigned round, bool crowded)
{
    for (int i = 0; i < (crowded ? YIELDS : SPINS); i++) {
        if (atomic_load_explicit(&g->round, memory_order_acquire) != round) return;
        if (crowded) (void)sched_yield();
    }
}

static void sleep_until(struct gate *g, unsigned round)
{
    const struct timespec most = {0, SLEEP_NANOS};
    atomic_fetch_add(&g->sleepers, 1);
    // Returns at once when the round is over already.
    (void)syscall(SYS_futex, &g->round, FUTEX_WAIT, round, &most, NULL, 0);
    atomic_fetch_sub(&g->sleepers, 1);
}

void machine_memory_meet(machine_memory *m)
{
    struct gate *g = m->gate;
    unsigned round = atomic_load(&g->round);
    if (atomic_fetch_add(&g->arrived, 1) + 1 == (unsigned)m->world->local_size) {
        atomic_store(&g->arrived, 0);
        atomic_fetch_add(&g->round, 1);
        if (atomic_load(&g->sleepers) > 0)
            (void)syscall(SYS_futex, &g->round, FUTEX_WAKE, m->world->local_size, NULL, NULL, 0);
        return;
    }
    wait_awake(g, round, m->world->private->crowded);
    while (atomic_load(&g->round) == round) {
        sleep_until(g, round);
        // Another rank may need us to move a message of ours along before it can come here.
        int arrived;
        MPI_Iprobe(MPI_ANY_SOURCE, 0, m->world->private->machine, &arrived, MPI_STATUS_IGNORE);
    }
}

void machine_memory_destroy(machine_memory *m)
{
    if (m->gate != NULL) munmap(m->gate, m->mapped);
    *m = (machine_memory){0};
}
