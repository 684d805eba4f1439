// base/status.c -- one message a thread, and the end of the process on a broken invariant.
#include "base/status.h"

#undef failure

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local char message[2048];
static void (*assert_hook)(void);

status failure(status code, const char *format, ...)
{
    if (message[0] == '\0') {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(message, sizeof message, format, arguments);
        va_end(arguments);
    }
    return code;
}

const char *status_message(void)
{
    return message;
}

void status_clear(void)
{
    message[0] = '\0';
}

void assert_set_hook(void (*hook)(void))
{
    assert_hook = hook;
}

void assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "basin: broken invariant at %s:%d: %s\n", file, line, condition);
    if (assert_hook != NULL) assert_hook();
    abort();
}
