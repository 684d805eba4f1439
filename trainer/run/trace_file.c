// trainer/run/trace_file.c -- each rank writes its own part; rank 0 puts them into one file at the
// end.
#include "trainer/run/trace_file.h"

#include "base/input.h"
#include "base/trace.h"
#include "comm/agree.h"
#include "trainer/run/run_folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static status make_folder(const char *run)
{
    char path[RUN_PATH_SIZE];
    snprintf(path, sizeof path, "%s/trace", run);
    CHECK(mkdir(path, 0777) == 0 || errno == EEXIST, ST_IO, "%s: cannot make this folder: %s", path,
          strerror(errno));
    return ST_OK;
}

static void part_path(char path[RUN_PATH_SIZE], const char *run, int rank)
{
    snprintf(path, RUN_PATH_SIZE, "%s/trace/rank-%05d.json", run, rank);
}

static status open_part(const world *w, const char *run)
{
    char path[RUN_PATH_SIZE], host[WORLD_HOST_SIZE], name[WORLD_HOST_SIZE + 32];
    part_path(path, run, w->rank);
    world_host(w, w->rank, host);
    snprintf(name, sizeof name, "rank %d on %s", w->rank, host);
    return trace_open(path, w->rank, name);
}

status trace_file_begin(const world *w, const char *run)
{
    TRY(agree(w, w->rank == 0 ? make_folder(run) : ST_OK));
    world_barrier(w);
    return agree(w, open_part(w, run));
}

// Appends a part without its "[".
static status append(FILE *out, const char *path)
{
    char buffer[65536];
    FILE *in;
    TRY(input_open_stream(&in, path));
    bool right = fgets(buffer, sizeof buffer, in) != NULL;
    for (size_t got; right && (got = fread(buffer, 1, sizeof buffer, in)) > 0;)
        right = fwrite(buffer, 1, got, out) == got;
    right = right && ferror(in) == 0;
    int reason = errno;
    (void)fclose(in); // read only
    CHECK(right, ST_IO, "%s: cannot be copied: %s", path, strerror(reason));
    (void)unlink(path); // it stays if it must
    return ST_OK;
}

static status join_into(FILE *out, const world *w, const char *run)
{
    CHECK(fputs("[\n", out) >= 0, ST_IO, "%s/trace.json: cannot be written: %s", run,
          strerror(errno));
    for (int rank = 0; rank < w->size; rank++) {
        char part[RUN_PATH_SIZE];
        part_path(part, run, rank);
        TRY(append(out, part));
    }
    // An event without a comma behind it, so that strict readers accept the file.
    CHECK(fputs("{\"ph\":\"M\",\"pid\":0,\"name\":\"process_sort_index\",\"args\":{\"sort_index\":"
                "0}}\n]\n",
                out) >= 0,
          ST_IO, "%s/trace.json: cannot be written: %s", run, strerror(errno));
    return ST_OK;
}

static status join(const world *w, const char *run)
{
    char path[RUN_PATH_SIZE];
    snprintf(path, sizeof path, "%s/trace.json", run);
    FILE *out = fopen(path, "w");
    CHECK(out != NULL, ST_IO, "%s: cannot be opened for writing: %s", path, strerror(errno));
    status s = join_into(out, w, run);
    bool closed = fclose(out) == 0;
    TRY(s);
    CHECK(closed, ST_IO, "%s: cannot be written: %s", path, strerror(errno));
    snprintf(path, sizeof path, "%s/trace", run);
    (void)rmdir(path); // parts of another run may lie there
    return ST_OK;
}

status trace_file_end(const world *w, const char *run)
{
    TRY(agree(w, trace_close()));
    return agree(w, w->rank == 0 ? join(w, run) : ST_OK);
}
