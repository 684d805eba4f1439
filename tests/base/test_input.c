// The door for reading: it never waits, takes regular files only, and keeps the system's reason.
#include "tests/check.h"

#include "base/input.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[96];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basin_input_XXXXXX");
    if (mkdtemp(folder) == NULL) return -1;
    int file = open(path_of("five"), O_WRONLY | O_CREAT, 0600);
    if (write(file, "12345", 5) != 5) return -1;
    return close(file);
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path_of("five"));
    return rmdir(folder);
}

// Each call would wait for a writer, were it not for the door.
static void what_is_no_regular_file_is_named_at_once(void **state)
{
    (void)state;
    int file;
    FILE *stream;
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    assert_fails(input_open(&file, path_of("pipe")), ST_BAD_DATA, "pipe: is a pipe; a regular");
    assert_int_equal(file, -1);
    assert_fails(input_open_stream(&stream, path_of("pipe")), ST_BAD_DATA, "is a pipe");
    assert_null(stream);
    assert_int_equal(unlink(path_of("pipe")), 0);
    assert_fails(input_check(folder), ST_BAD_DATA, "is a folder");
    assert_fails(input_check("/dev/null"), ST_BAD_DATA, "/dev/null: is a device");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path_of("socket"));
    int listening = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
    assert_fails(input_check(path_of("socket")), ST_BAD_DATA, "is a socket");
    assert_int_equal(close(listening), 0);
    assert_int_equal(unlink(path_of("socket")), 0);
}

static void a_missing_file_is_a_missing_file(void **state)
{
    (void)state;
    assert_fails(input_check(path_of("absent")), ST_NO_INPUT, "absent: no such file");
    assert_fails(input_check(path_of("five/absent")), ST_NO_INPUT, "no such file");
    assert_int_equal(symlink("nowhere", path_of("link")), 0);
    assert_fails(input_check(path_of("link")), ST_NO_INPUT, "link: a link that leads nowhere");
    assert_int_equal(unlink(path_of("link")), 0);
}

static void reading_ends_where_the_file_does(void **state)
{
    (void)state;
    int file;
    uint64_t size;
    size_t got;
    char text[8] = "";
    assert_ok(input_open(&file, path_of("five")));
    assert_int_equal(fcntl(file, F_GETFL) & O_NONBLOCK, 0);
    assert_ok(input_size(file, "five", &size));
    assert_int_equal(size, 5);
    assert_ok(input_read(file, "five", 2, text, 8, &got));
    assert_int_equal(got, 3);
    assert_string_equal(text, "345");
    close(file);
    FILE *stream;
    assert_ok(input_open_stream(&stream, path_of("five")));
    assert_int_equal(fgetc(stream), '1');
    (void)fclose(stream);
}

static void too_many_open_files_are_told_and_the_limit_can_be_raised(void **state)
{
    (void)state;
    struct rlimit before, few;
    int files[64], count = 0;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int room = input_room();
    few = (struct rlimit){(rlim_t)20, before.rlim_max};
    assert_true(before.rlim_max > 64);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    int left = input_room();
    assert_in_range(left, 1, 20);
    while (count < 64 && input_open(&files[count], path_of("five")) == ST_OK)
        count++;
    assert_int_equal(count, left);
    assert_non_null(strstr(status_message(), "five: cannot be opened: Too many open files"));
    status_clear();
    input_raise_limit();
    assert_true(input_room() + count >= room);
    assert_ok(input_check(path_of("five")));
    while (count > 0)
        close(files[--count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_regular_file_is_named_at_once),
        cmocka_unit_test(a_missing_file_is_a_missing_file),
        cmocka_unit_test(reading_ends_where_the_file_does),
        cmocka_unit_test(too_many_open_files_are_told_and_the_limit_can_be_raised),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
