// base/trace.c -- spans in one array behind a lock; only the flush touches the file.
#include "base/trace.h"

#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPANS     16384u // of 40 bytes; a step has about twenty
#define NO_NUMBER UINT64_MAX

typedef struct span {
    const char *name;
    uint64_t number;
    double start, end; // seconds since the trace was opened
    trace_row row;
} span;

static struct {
    pthread_mutex_t mutex; // guards what follows
    span *spans;
    size_t count, lost;
    FILE *file;
    int number; // of the process
    double zero;
    char path[512];
} trace = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static atomic_bool is_open; // read without the lock: the usual case is no trace

static const char *const row_names[] = {"phases", "messages", "loader", "steps"};

// Names of the process and its rows.
static void write_names(FILE *file, int number, const char *name)
{
    fprintf(file,
            "[\n{\"ph\":\"M\",\"pid\":%d,\"name\":\"process_name\",\"args\":{\"name\":\"%s\"}},\n",
            number, name);
    for (int row = 0; row < 4; row++)
        fprintf(file,
                "{\"ph\":\"M\",\"pid\":%d,\"tid\":%d,\"name\":\"thread_name\",\"args\":{\"name\":"
                "\"%s\"}},\n",
                number, row, row_names[row]);
}

// Threads that were started before may make spans meanwhile, so all is told them with the lock.
static void begin(const char *path, int number, span *spans, FILE *file)
{
    pthread_mutex_lock(&trace.mutex);
    snprintf(trace.path, sizeof trace.path, "%s", path);
    trace.spans = spans;
    trace.file = file;
    trace.number = number;
    trace.count = trace.lost = 0;
    trace.zero = clock_seconds();
    atomic_store(&is_open, true);
    pthread_mutex_unlock(&trace.mutex);
}

status trace_open(const char *path, int number, const char *name)
{
    span *spans = calloc(SPANS, sizeof *spans);
    CHECK(spans != NULL, ST_INTERNAL, "no memory for a trace");
    FILE *file = fopen(path, "w");
    int reason = errno;
    if (file == NULL) {
        free(spans);
        return failure(ST_IO, "%s: cannot be opened for writing: %s", path, strerror(reason));
    }
    write_names(file, number, name);
    begin(path, number, spans, file);
    return ST_OK;
}

void trace_numbered(trace_row row, const char *name, uint64_t number, double start, double end)
{
    if (!atomic_load_explicit(&is_open, memory_order_relaxed)) return;
    pthread_mutex_lock(&trace.mutex);
    if (trace.spans == NULL || trace.count == SPANS)
        trace.lost++;
    else
        trace.spans[trace.count++] =
            (span){name, number, start - trace.zero, end - trace.zero, row};
    pthread_mutex_unlock(&trace.mutex);
}

void trace_span(trace_row row, const char *name, double start, double end)
{
    trace_numbered(row, name, NO_NUMBER, start, end);
}

// Times in microseconds, as the format wants.
static void write_span(const span *s)
{
    fprintf(trace.file,
            "{\"ph\":\"X\",\"pid\":%d,\"tid\":%d,\"ts\":%.3f,\"dur\":%.3f,\"name\":\"%s",
            trace.number, (int)s->row, s->start * 1e6, (s->end - s->start) * 1e6, s->name);
    if (s->number != NO_NUMBER) fprintf(trace.file, " %llu", (unsigned long long)s->number);
    fputs("\"},\n", trace.file);
}

// With the lock held.
static bool write_spans(void)
{
    for (size_t i = 0; i < trace.count; i++)
        write_span(&trace.spans[i]);
    trace.count = 0;
    if (trace.lost > 0)
        fprintf(trace.file,
                "{\"ph\":\"i\",\"pid\":%d,\"ts\":%.3f,\"name\":\"%zu spans found no room\"},\n",
                trace.number, (clock_seconds() - trace.zero) * 1e6, trace.lost);
    trace.lost = 0;
    return fflush(trace.file) == 0 && ferror(trace.file) == 0;
}

// With the lock held.
static void forget(void)
{
    atomic_store(&is_open, false);
    free(trace.spans);
    trace.spans = NULL;
    trace.file = NULL;
}

static status flush_or_close(bool closes)
{
    if (!atomic_load(&is_open)) return ST_OK;
    pthread_mutex_lock(&trace.mutex);
    bool written = write_spans();
    int reason = errno;
    if (closes || !written) {
        bool closed = fclose(trace.file) == 0;
        if (written && !closed) reason = errno;
        written = written && closed;
        forget();
    }
    pthread_mutex_unlock(&trace.mutex);
    CHECK(written, ST_IO, "%s: cannot be written: %s", trace.path, strerror(reason));
    return ST_OK;
}

status trace_flush(void)
{
    return flush_or_close(false);
}

status trace_close(void)
{
    return flush_or_close(true);
}
