// What may ask a training to stop: times in words, a signal, a clock, a file.
#include "tests/check.h"

#include "base/clock.h"
#include "base/stop_signal.h"
#include "trainer/run/stop.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void times_are_read(void **state)
{
    (void)state;
    const struct {
        const char *text;
        double seconds;
    } good[] = {{"", 0},      {"3600", 3600},      {"90:00", 5400},
                {"1:05", 65}, {"11:50:00", 42600}, {"168:00:00", 604800}};
    double seconds;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_ok(stop_parse_time(good[i].text, "job.yaml:1:1", &seconds));
        assert_true(seconds == good[i].seconds);
    }
    const char *const bad[] = {"0",  "12h", "1:60", "1:2:3:4",       ":30",
                               "1:", "-5",  "1.5",  "99999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(stop_parse_time(bad[i], "job.yaml:1:1", &seconds), ST_CONFIG, bad[i]);
}

// One process stands for rank `rank` of two.
static bool asked(int rank, const char *run, double max_seconds, double margin)
{
    world w = {.rank = rank, .size = 2};
    stop_request s;
    assert_ok(stop_begin(&s, &w, run, clock_seconds(), max_seconds));
    return stop_asked(&s, margin);
}

static void time_is_over_when_the_margin_is(void **state)
{
    (void)state;
    assert_false(asked(0, "nowhere", 0, 1e9));
    assert_false(asked(0, "nowhere", 1000, 900));
    assert_true(asked(0, "nowhere", 1000, 1001));
    assert_false(asked(1, "nowhere", 1000, 1001)); // rank 0 looks for all
}

static void the_file_is_seen_and_refuses_a_start(void **state)
{
    (void)state;
    char run[] = "/tmp/basin-stop-XXXXXX", path[64];
    assert_non_null(mkdtemp(run));
    world first = {.rank = 0, .size = 2}, second = {.rank = 1, .size = 2};
    stop_request s;
    assert_ok(stop_begin(&s, &first, run, clock_seconds(), 0));
    snprintf(path, sizeof path, "%s/STOP", run);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_true(stop_asked(&s, 0));
    assert_fails(stop_begin(&s, &first, run, clock_seconds(), 0), ST_USAGE, "delete it");
    assert_ok(stop_begin(&s, &second, run, clock_seconds(), 0));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(run), 0);
}

// The last test: a signal is not forgotten.
static void a_signal_asks_on_any_rank(void **state)
{
    (void)state;
    stop_signals_listen();
    assert_false(asked(1, "nowhere", 0, 0));
    assert_int_equal(raise(SIGUSR2), 0);
    assert_true(asked(1, "nowhere", 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(time_is_over_when_the_margin_is),
        cmocka_unit_test(the_file_is_seen_and_refuses_a_start),
        cmocka_unit_test(a_signal_asks_on_any_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
