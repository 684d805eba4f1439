// A trace while a thread that was there before goes on making spans. What two threads do to each
// other here, the preset tsan sees.
#include "tests/check.h"

#include "base/clock.h"
#include "base/thread.h"
#include "base/trace.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_bool stop;
static atomic_ullong made;

static void *make_spans(void *context)
{
    (void)context;
    while (!atomic_load(&stop)) {
        double now = clock_seconds();
        trace_numbered(TRACE_LOADER, "batch", atomic_fetch_add(&made, 1), now, now);
    }
    return NULL;
}

static void wait_for_spans(void)
{
    unsigned long long before = atomic_load(&made);
    while (atomic_load(&made) < before + 10)
        usleep(1000);
}

static void it_is_opened_flushed_and_closed_beside_a_thread_that_makes_spans(void **state)
{
    (void)state;
    char path[] = "/tmp/basin-trace-XXXXXX", line[512], last[512] = "";
    int file = mkstemp(path), spans = 0;
    assert_true(file >= 0 && close(file) == 0);
    pthread_t thread;
    assert_ok(thread_start(&thread, make_spans, NULL, "a thread of the test"));
    wait_for_spans();
    assert_ok(trace_open(path, 3, "rank 3 on here"));
    wait_for_spans();
    assert_ok(trace_flush());
    wait_for_spans();
    assert_ok(trace_close());
    wait_for_spans();
    atomic_store(&stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    FILE *written = fopen(path, "r");
    assert_non_null(written);
    assert_non_null(fgets(line, sizeof line, written));
    assert_string_equal(line, "[\n");
    assert_non_null(fgets(line, sizeof line, written));
    assert_non_null(strstr(line, "\"rank 3 on here\""));
    while (fgets(line, sizeof line, written) != NULL) {
        spans += strstr(line, "\"pid\":3,\"tid\":2,") != NULL && strstr(line, "\"batch ") != NULL;
        snprintf(last, sizeof last, "%s", line);
    }
    assert_true(spans >= 20);
    assert_true(strcmp(last + strlen(last) - 3, "},\n") == 0);
    assert_int_equal(fclose(written), 0);
    assert_int_equal(unlink(path), 0);
}

static void a_file_that_cannot_be_made_is_an_error(void **state)
{
    (void)state;
    assert_fails(trace_open("/nowhere/trace", 0, "rank 0"), ST_IO, "/nowhere/trace");
    assert_ok(trace_close());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_opened_flushed_and_closed_beside_a_thread_that_makes_spans),
        cmocka_unit_test(a_file_that_cannot_be_made_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
