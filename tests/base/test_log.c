// Lines go to stderr, or nowhere when silent; progress without a terminal keeps its interval.
#include "tests/check.h"

#include "base/log.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int kept_stderr, caught;

// Turns stderr into a temporary file; catch_end gives back what was written and restores stderr.
static void catch_begin(void)
{
    char path[] = "/tmp/basin_log_XXXXXX";
    caught = mkstemp(path);
    assert_true(caught >= 0);
    assert_int_equal(unlink(path), 0);
    kept_stderr = dup(STDERR_FILENO);
    dup2(caught, STDERR_FILENO);
}

static void catch_end(char text[1024])
{
    fflush(stderr);
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    ssize_t length = pread(caught, text, 1023, 0);
    text[length > 0 ? length : 0] = '\0';
    close(caught);
}

static void info_and_warnings_are_lines(void **state)
{
    (void)state;
    char text[1024];
    catch_begin();
    log_info("%d workers", 8);
    log_warn("slow disk");
    catch_end(text);
    assert_string_equal(text, "basin: 8 workers\nbasin: warning: slow disk\n");
}

static void names_cannot_steer_the_terminal(void **state)
{
    (void)state;
    char text[1024];
    catch_begin();
    log_info("%s: read", "\x1b[31mdata\nbasin: done");
    log_warn("class %s", "\xc2\x9b"
                         "2J");
    progress_line(0, "%s", "\x1b]0;x\x07");
    progress_end();
    catch_end(text);
    assert_string_equal(text, "basin: \\x1b[31mdata\\nbasin: done: read\n"
                              "basin: warning: class \\xc2\\x9b2J\n"
                              "\\x1b]0;x\\x07\n");
}

static void silent_says_nothing(void **state)
{
    (void)state;
    char text[1024];
    log_set_silent(true);
    assert_true(log_is_silent());
    catch_begin();
    log_info("a");
    log_warn("b");
    progress_line(0, "c");
    progress_end();
    catch_end(text);
    log_set_silent(false);
    assert_false(log_is_silent());
    assert_string_equal(text, "");
}

static void progress_keeps_its_interval(void **state)
{
    (void)state;
    char text[1024];
    catch_begin();
    progress_line(1e6, "step %d", 1);
    progress_line(1e6, "step %d", 2);
    progress_line(0, "step %d", 3);
    progress_end();
    progress_line(1e6, "step %d", 4);
    catch_end(text);
    assert_string_equal(text, "step 1\nstep 3\nstep 4\n");
}

// stderr becomes a terminal of `columns`; text: what one progress line shows there.
static void show_on_terminal(unsigned short columns, const char *line, char text[1024])
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0);
    assert_int_equal(grantpt(terminal), 0);
    assert_int_equal(unlockpt(terminal), 0);
    int screen = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    assert_true(screen >= 0);
    struct winsize window = {.ws_row = 24, .ws_col = columns};
    assert_int_equal(ioctl(screen, TIOCSWINSZ, &window), 0);
    kept_stderr = dup(STDERR_FILENO);
    dup2(screen, STDERR_FILENO);
    progress_end();
    progress_line(0, "%s", line);
    ssize_t length = read(terminal, text, 1023);
    text[length > 0 ? length : 0] = '\0';
    progress_end();
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    close(screen);
    close(terminal);
}

static void progress_is_narrower_than_the_terminal(void **state)
{
    (void)state;
    char text[1024];
    show_on_terminal(11, "step 1 of 1000", text);
    assert_string_equal(text, "\r\033[Kstep 1 of ");
    show_on_terminal(11, "step 1 of ", text);
    assert_string_equal(text, "\r\033[Kstep 1 of ");
    show_on_terminal(4, "b\u00e4\u00e4\u00e4", text);
    assert_string_equal(text, "\r\033[Kb\u00e4\u00e4");
    show_on_terminal(0, "step 1 of 1000", text); // it does not say how wide it is
    assert_string_equal(text, "\r\033[Kstep 1 of 1000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(info_and_warnings_are_lines),
        cmocka_unit_test(names_cannot_steer_the_terminal),
        cmocka_unit_test(silent_says_nothing),
        cmocka_unit_test(progress_keeps_its_interval),
        cmocka_unit_test(progress_is_narrower_than_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
