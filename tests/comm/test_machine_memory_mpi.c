// What one rank writes all ranks of the machine see after the gate, which neither starves nor stops
// messages; without the memory all ranks know it.
#include "tests/check_mpi.h"

#include "base/arena.h"
#include "base/memory_limit.h"
#include "comm/machine_memory.h"
#include "comm/world_private.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define WORDS ((size_t)5000) // more than one page

static world w;

static void create_words(machine_memory *m)
{
    size_t words = WORDS * sizeof(int), own = (size_t)w.rank * words;
    assert_all(machine_memory_create(m, &w, (size_t)w.size * words, own, words));
}

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    machine_memory m;
    create_words(&m);
    const int *words = (const int *)(const void *)m.base;
    bool zeroed = true;
    for (size_t i = 0; i < (size_t)w.size * WORDS; i++)
        zeroed = zeroed && words[i] == 0;
    assert_all(zeroed);
    assert_all((uintptr_t)m.base % 64 == 0);
    machine_memory_destroy(&m);
}

static void all_see_what_was_written_before_the_gate(void **state)
{
    (void)state;
    machine_memory m;
    create_words(&m);
    int *words = (int *)(void *)m.base;
    size_t ranks = (size_t)w.size, own = (size_t)w.rank * WORDS;
    bool seen = true;
    for (int round = 1; round <= 300; round++) {
        // Each round another rank is late, once in a while by longer than the others stay awake.
        if (round % 50 == w.rank) nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
        words[own] = words[own + WORDS - 1] = round;
        machine_memory_meet(&m);
        for (size_t at = 0; at < ranks * WORDS; at += WORDS)
            seen = seen && words[at] == round && words[at + WORDS - 1] == round;
        machine_memory_meet(&m);
    }
    machine_memory_destroy(&m);
    assert_all(seen);
}

// The last rank comes to the gate only when it has the message of rank 0, which waits there
// already: too long a message to be on its way without rank 0's help.
static void messages_go_on_while_a_rank_waits(void **state)
{
    (void)state;
    if (w.size == 1) return;
    const int bytes = 1 << 24;
    machine_memory m;
    create_words(&m);
    char *message = calloc(1, (size_t)bytes);
    if (w.rank == 0) {
        MPI_Request request;
        MPI_Isend(message, bytes, MPI_BYTE, w.size - 1, 7, w.private->all, &request);
        machine_memory_meet(&m);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
    } else {
        if (w.rank == w.size - 1)
            MPI_Recv(message, bytes, MPI_BYTE, 0, 7, w.private->all, MPI_STATUS_IGNORE);
        machine_memory_meet(&m);
    }
    free(message);
    machine_memory_destroy(&m);
}

// One rank may not have files.
static void all_ranks_know_when_one_cannot_have_it(void **state)
{
    (void)state;
    machine_memory m;
    struct rlimit before, small = {4096, 4096};
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    if (w.rank == w.size - 1) setrlimit(RLIMIT_FSIZE, &small);
    bool shared = machine_memory_create(&m, &w, 10000, 0, 10000);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_all(!shared);
    assert_all(!w.private->may_share);
    machine_memory_destroy(&m);
    w.private->may_share = true;
}

// What the machine has for all ranks together is not there for each.
static void a_rank_may_take_its_share(void **state)
{
    (void)state;
    arena a;
    double most = memory_limit_bytes();
    double installed = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    assert_all(most > 0 && most * w.local_size <= installed);
    status s = arena_create(&a, (size_t)most + 4096, "too much");
    bool told = w.local_size == 1 || strstr(status_message(), "for each") != NULL;
    arena_destroy(&a);
    status_clear();
    assert_all(s == ST_CONFIG && told);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(all_see_what_was_written_before_the_gate),
        cmocka_unit_test(messages_go_on_while_a_rank_waits),
        cmocka_unit_test(a_rank_may_take_its_share),
        cmocka_unit_test(all_ranks_know_when_one_cannot_have_it),
    };
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
