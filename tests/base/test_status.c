// The first cause of a failure is kept, one for each thread, until it is forgotten.
#include "tests/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int calls;

static status count_and_return(status code)
{
    calls++;
    return code;
}

static status try_three(status second)
{
    TRY(count_and_return(ST_OK));
    TRY(count_and_return(second));
    TRY(count_and_return(ST_OK));
    return ST_OK;
}

static status check_even(int number)
{
    CHECK(number % 2 == 0, ST_BAD_DATA, "expected an even number, got %d", number);
    return ST_OK;
}

static void the_first_cause_wins(void **state)
{
    (void)state;
    status_clear();
    assert_int_equal(failure(ST_IO, "disk %d is full", 3), ST_IO);
    assert_int_equal(failure(ST_CONFIG, "a later complaint"), ST_CONFIG);
    assert_string_equal(status_message(), "disk 3 is full");
    status_clear();
}

static void clear_forgets(void **state)
{
    (void)state;
    (void)failure(ST_IO, "first");
    status_clear();
    assert_string_equal(status_message(), "");
    (void)failure(ST_IO, "second");
    assert_string_equal(status_message(), "second");
    status_clear();
}

static void try_stops_at_the_failure(void **state)
{
    (void)state;
    calls = 0;
    assert_int_equal(try_three(ST_OK), ST_OK);
    assert_int_equal(calls, 3);
    calls = 0;
    assert_int_equal(try_three(ST_STALLED), ST_STALLED);
    assert_int_equal(calls, 2);
}

static void check_fails_with_its_message(void **state)
{
    (void)state;
    assert_ok(check_even(4));
    assert_string_equal(status_message(), "");
    assert_fails(check_even(5), ST_BAD_DATA, "expected an even number, got 5");
}

static void a_long_message_is_cut_not_overrun(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)failure(ST_IO, "%s", text);
    size_t length = strlen(status_message());
    assert_in_range(length, 1000, sizeof text - 2);
    assert_memory_equal(status_message(), text, length);
    status_clear();
}

static void *fail_in_a_thread(void *message)
{
    (void)failure(ST_IO, "of the thread");
    snprintf(message, 64, "%s", status_message());
    return NULL;
}

static void each_thread_has_its_own_message(void **state)
{
    (void)state;
    pthread_t thread;
    char message[64] = "";
    (void)failure(ST_IO, "of the test");
    assert_int_equal(pthread_create(&thread, NULL, fail_in_a_thread, message), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(message, "of the thread");
    assert_string_equal(status_message(), "of the test");
    status_clear();
}

static void leave_with_seven(void)
{
    _exit(7);
}

// Runs ASSERT(holds) in a child with its stderr caught in `text`; returns how the child ended.
static int assert_in_child(bool holds, void (*hook)(void), char text[512])
{
    int ends[2], how;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL); // cmocka catches it
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        assert_set_hook(hook);
        ASSERT(holds);
        _exit(0);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], text, 511);
    text[length > 0 ? length : 0] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &how, 0), child);
    return how;
}

static void a_broken_invariant_ends_the_process(void **state)
{
    (void)state;
    char text[512];
    int how = assert_in_child(true, NULL, text);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    how = assert_in_child(false, NULL, text);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT);
    assert_non_null(strstr(text, "broken invariant at "));
    assert_non_null(strstr(text, "test_status.c:"));
    assert_non_null(strstr(text, ": holds\n"));
    how = assert_in_child(false, leave_with_seven, text);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_cause_wins),
        cmocka_unit_test(clear_forgets),
        cmocka_unit_test(try_stops_at_the_failure),
        cmocka_unit_test(check_fails_with_its_message),
        cmocka_unit_test(a_long_message_is_cut_not_overrun),
        cmocka_unit_test(each_thread_has_its_own_message),
        cmocka_unit_test(a_broken_invariant_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
