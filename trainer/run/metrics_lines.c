// trainer/run/metrics_lines.c -- see metrics_lines.h.
#include "trainer/run/metrics_lines.h"

#include "base/input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_START "{\"step\":"

static bool find_step(const char *line, uint64_t *step)
{
    char *end;
    const char *digits = line + strlen(LINE_START);
    if (strncmp(line, LINE_START, strlen(LINE_START)) != 0 || *digits < '0' || *digits > '9')
        return false;
    errno = 0;
    *step = strtoull(digits, &end, 10);
    return errno == 0 && *end == ',';
}

// One line of a file, and where it stands.
typedef struct placed_line {
    const char *text; // without its end
    uint64_t at;      // bytes before it
    bool is_whole;    // has an end
} placed_line;

static status each_line(const char *path, void (*take)(void *, const placed_line *), void *context)
{
    FILE *in;
    status s = input_open_stream(&in, path);
    if (s == ST_NO_INPUT) {
        status_clear();
        return ST_OK;
    }
    TRY(s);
    char *text = NULL;
    size_t room = 0;
    uint64_t at = 0;
    errno = 0;
    for (ssize_t size; (size = getline(&text, &room, in)) > 0; at += (uint64_t)size) {
        bool whole = text[size - 1] == '\n';
        if (whole) text[size - 1] = '\0';
        take(context, &(placed_line){text, at, whole});
    }
    bool failed = ferror(in) != 0 || errno == ENOMEM;
    int reason = errno;
    free(text);
    (void)fclose(in); // read only
    CHECK(!failed, ST_IO, "%s: cannot be read: %s", path, strerror(reason));
    return ST_OK;
}

typedef struct reader {
    metrics_take *take;
    void *context;
} reader;

static void hand_on(void *context, const placed_line *line)
{
    const reader *r = context;
    uint64_t step;
    if (line->is_whole && find_step(line->text, &step)) r->take(r->context, step, line->text);
}

status metrics_lines_read(const char *path, metrics_take *take, void *context)
{
    reader r = {take, context};
    return each_line(path, hand_on, &r);
}

typedef struct cutter {
    uint64_t last_step, size, lines; // size: bytes that stay, once lines > 0
} cutter;

static void judge(void *context, const placed_line *line)
{
    cutter *c = context;
    uint64_t step;
    bool later = c->last_step == 0 || !line->is_whole ||
                 (find_step(line->text, &step) && step > c->last_step);
    if (c->lines == 0 && later) c->size = line->at;
    if (c->lines > 0 || later) c->lines++;
}

status metrics_lines_cut(const char *path, uint64_t step, uint64_t *lines)
{
    cutter c = {.last_step = step};
    TRY(each_line(path, judge, &c));
    *lines = c.lines;
    CHECK(c.lines == 0 || truncate(path, (off_t)c.size) == 0, ST_IO, "%s: cannot be cut: %s", path,
          strerror(errno));
    return ST_OK;
}

bool metrics_line_find(const char *line, const char *key, double *value)
{
    char start[80];
    char *end;
    int length = snprintf(start, sizeof start, "\"%s\":", key);
    const char *at = length < (int)sizeof start ? strstr(line, start) : NULL;
    if (at == NULL) return false;
    double number = strtod(at + length, &end);
    bool found = end != at + length && (*end == ',' || *end == '}');
    if (found) *value = number;
    return found;
}
