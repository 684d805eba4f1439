// Who owns a run folder: where locks work, where there are none, and where they end at the host.
#include "tests/check_mpi.h"

#include "comm/heartbeat.h"
#include "comm/world.h"
#include "trainer/run/run_folder.h"
#include "trainer/run/run_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static world w;
static char run[64];
static bool lockless;

// The system's own, but for a file system without locks.
int fcntl(int file, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (lockless && command == F_OFD_SETLK) {
        errno = ENOLCK;
        return -1;
    }
    return (int)syscall(SYS_fcntl, file, command, argument);
}

// Rank 0: a file of the run folder.
static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", run, name);
    FILE *out = w.rank == 0 ? fopen(path, "w") : NULL;
    if (out != NULL) {
        fputs(text, out);
        fclose(out);
    }
}

static bool owner_begins(const char *text)
{
    char path[128], found[512] = "";
    snprintf(path, sizeof path, "%s/owner", run);
    FILE *in = fopen(path, "r");
    if (in == NULL) return false;
    bool read = fgets(found, sizeof found, in) != NULL;
    fclose(in);
    return text[0] == '\0' ? !read : read && strncmp(found, text, strlen(text)) == 0;
}

static int make_run(void **state)
{
    (void)state;
    lockless = false;
    snprintf(run, sizeof run, "/tmp/basin-owner-XXXXXX");
    if (w.rank == 0 && mkdtemp(run) == NULL) return 1;
    MPI_Bcast(run, sizeof run, MPI_CHAR, 0, MPI_COMM_WORLD);
    return 0;
}

static int remove_run(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", run);
    MPI_Barrier(MPI_COMM_WORLD);
    return w.rank == 0 ? system(command) : 0;
}

// The heartbeats of another training, on rank 0, until `beats` is false.
static atomic_bool beats;
static pthread_t heart;

static void *beat(void *context)
{
    (void)context;
    char path[128];
    heartbeat own = {.start = 5};
    snprintf(path, sizeof path, "%s/heartbeat", run);
    while (beats) {
        own.beats++;
        if (heartbeat_write(path, 0, &own) != ST_OK) status_clear();
        nanosleep(&(struct timespec){0, 20 * 1000 * 1000}, NULL);
    }
    return NULL;
}

static void begin_beating(void)
{
    char path[128];
    if (w.rank != 0) return;
    snprintf(path, sizeof path, "%s/heartbeat", run);
    assert_ok(heartbeat_create(path, 1));
    beats = true;
    assert_int_equal(pthread_create(&heart, NULL, beat, NULL), 0);
}

static void end_beating(void)
{
    beats = false;
    if (w.rank == 0) pthread_join(heart, NULL);
}

static void a_second_one_is_refused_until_the_first_ends(void **state)
{
    (void)state;
    run_owner first, second;
    assert_all_ok(run_owner_take(&first, &w, run, 0.1, false));
    assert_all(owner_begins("host "));
    assert_all(run_owner_take(&second, &w, run, 0.1, false) == ST_USAGE);
    run_owner_release(&second);
    assert_all(owner_begins("host "));
    run_owner_release(&first);
    MPI_Barrier(MPI_COMM_WORLD);
    assert_all(owner_begins(""));
    assert_all_ok(run_owner_take(&second, &w, run, 0.1, false));
    run_owner_release(&second);
}

static void without_locks_the_heartbeat_tells(void **state)
{
    (void)state;
    run_owner o;
    lockless = true;
    assert_all_ok(run_owner_take(&o, &w, run, 0.1, false));
    run_owner_release(&o);
    write_file("owner", "host n07, process 12, since yesterday; beat 0.1\n");
    begin_beating();
    status s = run_owner_take(&o, &w, run, 0.1, false);
    run_owner_release(&o);
    end_beating();
    assert_all(s == ST_USAGE);
    assert_all(owner_begins("host n07"));
    assert_all_ok(run_owner_take(&o, &w, run, 0.1, false)); // it is dead now
    assert_all(owner_begins("host ") && !owner_begins("host n07"));
    run_owner_release(&o);
    MPI_Barrier(MPI_COMM_WORLD);
    write_file("owner", "host n07, process 12, since yesterday; beat 0\n");
    assert_all(run_owner_take(&o, &w, run, 0.1, false) == ST_USAGE); // nothing can tell
    run_owner_release(&o);
}

// A lock that is had says nothing of other hosts where each host keeps its own.
static void a_lock_of_this_host_alone_is_not_believed(void **state)
{
    (void)state;
    run_owner o;
    write_file("owner", "host n07, process 12, since yesterday; beat 0.1\n");
    begin_beating();
    status s = run_owner_take(&o, &w, run, 0.1, false);
    run_owner_release(&o);
    end_beating();
    assert_all(s == ST_USAGE);
    assert_all_ok(run_owner_take(&o, &w, run, 0.1, false));
    run_owner_release(&o);
}

int main(int argc, char **argv)
{
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_second_one_is_refused_until_the_first_ends, make_run,
                                        remove_run),
        cmocka_unit_test_setup_teardown(without_locks_the_heartbeat_tells, make_run, remove_run),
        cmocka_unit_test_setup_teardown(a_lock_of_this_host_alone_is_not_believed, make_run,
                                        remove_run),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
