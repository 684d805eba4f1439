// base/log.c -- lines on stderr, and the live progress line.
#include "base/log.h"

#include "base/clock.h"
#include "base/printable.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_silent;
static bool live_line_open;
static double last_progress = -1e30;

void log_set_silent(bool silent)
{
    is_silent = silent;
}

bool log_is_silent(void)
{
    return is_silent;
}

static void write_line(const char *prefix, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void write_line(const char *prefix, const char *format, va_list arguments)
{
    char line[PRINTABLE_SIZE];
    progress_end();
    vsnprintf(line, sizeof line, format, arguments);
    fprintf(stderr, "basin: %s%s\n", prefix,
            printable(line)); // one call, so lines of ranks do not mix
}

void log_info(const char *format, ...)
{
    if (is_silent) return;
    va_list arguments;
    va_start(arguments, format);
    write_line("", format, arguments);
    va_end(arguments);
}

void log_warn(const char *format, ...)
{
    if (is_silent) return;
    va_list arguments;
    va_start(arguments, format);
    write_line("warning: ", format, arguments);
    va_end(arguments);
}

// A line as wide as the terminal wraps, and then it no longer replaces itself. Cuts between
// characters of UTF-8, each taken for one column.
static void cut_to_terminal(char *line)
{
    struct winsize window;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return;
    int columns = window.ws_col;
    for (; *line != '\0'; line++) {
        bool begins = ((unsigned char)*line & 0xc0) != 0x80;
        if (begins && --columns == 0) *line = '\0';
        if (*line == '\0') return;
    }
}

void progress_line(double interval, const char *format, ...)
{
    if (is_silent) return;
    bool terminal = isatty(STDERR_FILENO) == 1;
    double now = clock_seconds();
    if (now - last_progress < (terminal ? 0.1 : interval)) return;
    last_progress = now;
    char text[512], line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    printable_into(line, sizeof line, text);
    if (terminal) cut_to_terminal(line);
    fprintf(stderr, terminal ? "\r\033[K%s" : "%s\n", line);
    live_line_open = terminal;
}

void progress_end(void)
{
    if (live_line_open) fputc('\n', stderr);
    live_line_open = false;
    last_progress = -1e30;
}
