// base/json.c -- commas, quotes and escapes.
#include "base/json.h"

#include "base/status.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static void append(json_line *j, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(json_line *j, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(j->text + j->used, sizeof j->text - j->used, format, arguments);
    va_end(arguments);
    ASSERT(length >= 0 && (size_t)length < sizeof j->text - j->used);
    j->used += (size_t)length;
}

static void append_quoted(json_line *j, const char *text)
{
    append(j, "\"");
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            append(j, "\\%c", c);
        else if (c < 0x20)
            append(j, "\\u%04x", (unsigned)c);
        else
            append(j, "%c", c);
    }
    append(j, "\"");
}

static void append_key(json_line *j, const char *key)
{
    if (j->text[j->used - 1] != '{') append(j, ",");
    append_quoted(j, key);
    append(j, ":");
}

void json_begin(json_line *j)
{
    j->used = 0;
    append(j, "{");
}

void json_int(json_line *j, const char *key, int64_t value)
{
    append_key(j, key);
    append(j, "%lld", (long long)value);
}

void json_real(json_line *j, const char *key, double value)
{
    append_key(j, key);
    if (isfinite(value))
        append(j, "%.7g", value);
    else
        append(j, "null");
}

void json_text(json_line *j, const char *key, const char *value)
{
    append_key(j, key);
    append_quoted(j, value);
}

void json_open(json_line *j, const char *key)
{
    append_key(j, key);
    append(j, "{");
}

void json_close(json_line *j)
{
    append(j, "}");
}

const char *json_end(json_line *j)
{
    append(j, "}");
    return j->text;
}
