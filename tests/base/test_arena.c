// Pieces of an arena are aligned, zeroed, apart from each other, and never more than was planned.
#include "tests/check.h"

#include "base/arena.h"
#include "base/rng.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void padded_is_the_next_multiple(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 1000; bytes++) {
        size_t padded = arena_padded(bytes);
        assert_int_equal(padded % 64, 0);
        assert_true(padded >= bytes && padded < bytes + 64);
    }
}

// A plan of random sizes fits exactly, and each piece keeps what was written to it.
static void a_plan_fits_exactly(void **state)
{
    (void)state;
    enum { PIECES = 100 };
    arena a;
    unsigned char *pieces[PIECES];
    size_t sizes[PIECES], planned = 0;
    rng r = rng_open(1, RNG_TEST, 0, 0, 0);
    for (int i = 0; i < PIECES; i++) {
        sizes[i] = rng_below(&r, 5000);
        planned += arena_padded(sizes[i]);
    }
    assert_ok(arena_create(&a, planned, "the test"));
    for (int i = 0; i < PIECES; i++) {
        pieces[i] = arena_take(&a, sizes[i]);
        assert_int_equal((uintptr_t)pieces[i] % 64, 0);
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], i + 1, sizes[i]);
    }
    assert_int_equal(a.used, planned);
    assert_int_equal(a.capacity, planned);
    for (int i = 0; i < PIECES; i++)
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(pieces[i][j], i + 1);
    arena_destroy(&a);
    assert_null(a.base);
    arena_destroy(&a);
}

static void an_empty_plan_is_an_arena_too(void **state)
{
    (void)state;
    arena a;
    assert_ok(arena_create(&a, 0, "nothing"));
    assert_non_null(arena_take(&a, 0));
    arena_destroy(&a);
}

static void too_much_memory_is_a_sentence(void **state)
{
    (void)state;
    arena a;
    assert_fails(arena_create(&a, (size_t)1 << 62, "the codes"), ST_CONFIG,
                 "the codes would take 4611686018.43 GB in each rank, beside");
    arena_destroy(&a);
}

static void more_than_planned_is_a_broken_invariant(void **state)
{
    (void)state;
    arena a;
    assert_ok(arena_create(&a, 128, "the test"));
    (void)arena_take(&a, 65);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL); // cmocka catches it
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        if (freopen("/dev/null", "w", stderr) == NULL) _exit(1);
        (void)arena_take(&a, 1);
        _exit(0);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT);
    arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(padded_is_the_next_multiple),
        cmocka_unit_test(a_plan_fits_exactly),
        cmocka_unit_test(an_empty_plan_is_an_arena_too),
        cmocka_unit_test(too_much_memory_is_a_sentence),
        cmocka_unit_test(more_than_planned_is_a_broken_invariant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
