// Signals that ask: noted once, left to who stops in a way of his own, kept through exec; those
// that must be survived.
#include "tests/check.h"

#include "base/stop_signal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ALONE_LEFT = 20 };

// Each trial in a process of its own: a noted signal is never forgotten. Returns its exit code, or
// 128 + the signal that ended it.
static int in_child(int (*trial)(void))
{
    pid_t child = fork();
    if (child == 0) _exit(trial());
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

static int trial_number;

static int is_asked(void)
{
    stop_signals_listen();
    if (stop_signal_check() != ST_OK || stop_signal() != 0) return 1;
    raise(trial_number);
    raise(SIGUSR2); // the first counts
    if (stop_signal() != trial_number) return 2;
    stop_signals_own(true);
    if (stop_signal_check() != ST_OK) return 3;
    stop_signals_own(false);
    return (int)stop_signal_check();
}

static void each_signal_asks(void **state)
{
    (void)state;
    const int numbers[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        trial_number = numbers[i];
        assert_int_equal(in_child(is_asked), ST_STOPPED);
    }
}

static int interrupted_twice(void)
{
    stop_signals_listen();
    raise(SIGINT);
    raise(SIGINT);
    return 0;
}

static int under_nohup(void)
{
    signal(SIGHUP, SIG_IGN);
    stop_signals_listen();
    raise(SIGHUP);
    return (int)stop_signal_check();
}

static int writes_to_nobody(void)
{
    int ends[2];
    stop_signals_listen();
    if (pipe(ends) != 0) return 1;
    close(ends[0]);
    return write(ends[1], "x", 1) < 0 && errno == EPIPE ? 0 : 2;
}

static void what_ends_a_process_and_what_does_not(void **state)
{
    (void)state;
    assert_int_equal(in_child(interrupted_twice), 128 + SIGINT);
    assert_int_equal(in_child(under_nohup), ST_OK);
    assert_int_equal(in_child(writes_to_nobody), 0);
}

// One signal is noted before, one comes while nobody listens; the same program goes on behind exec.
static int starts_anew(void)
{
    stop_signals_listen();
    raise(SIGUSR1);
    stop_signals_hold();
    raise(SIGTERM);
    execl("/proc/self/exe", "test_stop_signal", "again", (char *)NULL);
    return ALONE_LEFT;
}

static void a_signal_outlives_a_new_start(void **state)
{
    (void)state;
    assert_int_equal(in_child(starts_anew), ST_STOPPED);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        stop_signals_listen();
        return (int)stop_signal_check();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_signal_asks),
        cmocka_unit_test(what_ends_a_process_and_what_does_not),
        cmocka_unit_test(a_signal_outlives_a_new_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
