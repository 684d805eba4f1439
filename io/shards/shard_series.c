// io/shards/shard_series.c -- counting samples into shards, and cleaning up.
#include "io/shards/shard_series.h"

#include "base/log.h"
#include "base/pulse.h"
#include "base/stop_signal.h"
#include "io/shards/shard_names.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRESS_SECONDS 10.0 // between lines when stderr is no terminal

struct shard_series {
    char prefix[PATH_MAX - 32];
    sample_shape shape;
    uint64_t total, shard_size, added;
    shard_writer *writer; // of the shard being written, or NULL
    shard_series_result result;
};

status shard_series_open(shard_series **opened, const char *prefix, const sample_shape *shape,
                         uint64_t total, uint64_t shard_size, const output_rules *rules)
{
    *opened = NULL;
    ASSERT(shard_size > 0);
    CHECK(total > 0, ST_BAD_DATA, "there are no samples for \"%s\"", prefix);
    TRY(shard_names_check(prefix, (total + shard_size - 1) / shard_size, rules));
    shard_series *s = calloc(1, sizeof *s);
    CHECK(s != NULL, ST_INTERNAL, "no memory to write \"%s\"", prefix);
    snprintf(s->prefix, sizeof s->prefix, "%s", prefix);
    s->shape = *shape;
    s->total = total;
    s->shard_size = shard_size;
    *opened = s;
    return ST_OK;
}

static status finish_shard(shard_series *s)
{
    char path[PATH_MAX];
    struct stat about;
    shard_writer *writer = s->writer;
    s->writer = NULL;
    TRY(shard_writer_close(writer));
    if (stat(shard_name(s->prefix, (uint64_t)s->result.files, path), &about) == 0)
        s->result.bytes += (uint64_t)about.st_size;
    s->result.files++;
    return ST_OK;
}

status shard_series_add(shard_series *s, const void *pixels, const int64_t *labels)
{
    ASSERT(s->added < s->total);
    if (s->writer == NULL) {
        char path[PATH_MAX];
        uint64_t left = s->total - s->added;
        TRY(shard_writer_open(&s->writer, shard_name(s->prefix, (uint64_t)s->result.files, path),
                              &s->shape, left < s->shard_size ? left : s->shard_size));
    }
    pulse_tick();
    TRY(stop_signal_check());
    TRY(shard_writer_add(s->writer, pixels, labels));
    s->added++;
    if (s->shape.labelled && labels[0] >= s->result.classes) s->result.classes = labels[0] + 1;
    if (s->added % 256 == 0)
        progress_line(PROGRESS_SECONDS, "%s: %" PRIu64 " of %" PRIu64 " samples", s->prefix,
                      s->added, s->total);
    return s->added % s->shard_size == 0 || s->added == s->total ? finish_shard(s) : ST_OK;
}

status shard_series_close(shard_series *s, shard_series_result *result)
{
    ASSERT(s->added == s->total && s->writer == NULL);
    progress_end();
    shard_names_remove_from(s->prefix, (uint64_t)s->result.files);
    s->result.samples = s->added;
    *result = s->result;
    free(s);
    return ST_OK;
}

void shard_series_abandon(shard_series *s)
{
    progress_end();
    if (s->writer != NULL) shard_writer_abandon(s->writer);
    shard_series_remove(s->prefix, s->result.files);
    free(s);
}

void shard_series_remove(const char *prefix, int files)
{
    char path[PATH_MAX];
    for (int i = 0; i < files; i++)
        (void)unlink(
            shard_name(prefix, (uint64_t)i, path)); // an earlier failure is the one to report
}
