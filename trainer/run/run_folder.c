// trainer/run/run_folder.c -- paths, small files and lines of metrics of one run.
#include "trainer/run/run_folder.h"

#include "base/input.h"
#include "base/log.h"
#include "io/files/atomic_file.h"
#include "trainer/run/metrics_lines.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static status make_folder(const char *path)
{
    CHECK(mkdir(path, 0777) == 0 || errno == EEXIST, ST_IO, "%s: cannot make this folder: %s", path,
          strerror(errno));
    struct stat info;
    CHECK(stat(path, &info) == 0 && S_ISDIR(info.st_mode), ST_IO,
          "%s: a folder is needed here, but a file of this name is in the way", path);
    return ST_OK;
}

// Every part of the path in turn.
static status make_folders(const char *path)
{
    char part[RUN_PATH_SIZE];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        TRY(make_folder(part));
        *slash = '/';
    }
    return make_folder(part);
}

static void join(char path[RUN_PATH_SIZE], const char *folder, const char *name)
{
    int length = snprintf(path, RUN_PATH_SIZE, "%s/%s", folder, name);
    ASSERT(length < RUN_PATH_SIZE);
}

status run_folder_pictures(const run_folder *r, uint64_t epoch, char prefix[RUN_PATH_SIZE])
{
    char folder[RUN_PATH_SIZE], name[64];
    join(folder, r->path, "pictures");
    TRY(make_folder(folder));
    snprintf(name, sizeof name, "epoch-%04llu-", (unsigned long long)epoch);
    join(prefix, folder, name);
    return ST_OK;
}

status run_folder_make(const char *path)
{
    char inside[RUN_PATH_SIZE];
    join(inside, path, RUN_CHECKPOINTS);
    return make_folders(inside);
}

// A part of one of the small files that are replaced atomically (io/files/atomic_file.h).
static int is_part(const struct dirent *entry)
{
    static const char *const starts[] = {"run.json.partial-", "job.yaml.partial-",
                                         "proof.jsonl.partial-", "job-until-step-"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(entry->d_name, starts[i], strlen(starts[i])) == 0)
            return strstr(entry->d_name, ".partial-") != NULL;
    return 0;
}

static void remove_parts(const char *folder)
{
    struct dirent **names;
    int count = scandir(folder, &names, is_part, alphasort);
    for (int i = 0; i < count; i++) {
        char path[RUN_PATH_SIZE];
        join(path, folder, names[i]->d_name);
        if (unlink(path) == 0) log_info("%s: removed; its writer was killed", path);
        free(names[i]);
    }
    if (count >= 0) free(names);
}

status run_folder_open(run_folder *r, const char *path, uint64_t step)
{
    char inside[RUN_PATH_SIZE];
    uint64_t lines = 0;
    *r = (run_folder){0};
    snprintf(r->path, sizeof r->path, "%s", path);
    TRY(run_folder_make(path));
    remove_parts(path);
    join(inside, path, "metrics.jsonl");
    TRY(metrics_lines_cut(inside, step, &lines));
    if (lines > 0)
        log_info("%s: %llu line%s behind step %llu removed; the steps are done again", inside,
                 (unsigned long long)lines, lines > 1 ? "s" : "", (unsigned long long)step);
    r->metrics = open(inside, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    CHECK(r->metrics >= 0, ST_IO, "%s: cannot be opened for writing: %s", inside, strerror(errno));
    r->is_open = true;
    return ST_OK;
}

bool run_folder_begins(const run_folder *r, const char *name, const char *text)
{
    char path[RUN_PATH_SIZE], start[512];
    int file;
    size_t size = strlen(text), got = 0;
    ASSERT(size < sizeof start);
    join(path, r->path, name);
    status s = input_open(&file, path);
    if (s == ST_OK) {
        s = input_read(file, path, 0, start, size, &got);
        close(file); // read only
    }
    if (s != ST_OK) status_clear();
    return s == ST_OK && got == size && memcmp(start, text, size) == 0;
}

status run_folder_write(const run_folder *r, const char *name, const char *text)
{
    char path[RUN_PATH_SIZE];
    join(path, r->path, name);
    return atomic_file_write_text(path, text);
}

// The whole of a small text file, to be freed; NULL when there is none, or nothing in it.
static status read_text(const char *path, char **text)
{
    size_t bytes;
    status s = input_read_text(text, path, &bytes);
    if (s == ST_OK && bytes == 0) {
        free(*text);
        *text = NULL;
    }
    if (s != ST_NO_INPUT) return s;
    status_clear();
    return ST_OK;
}

status run_folder_write_job(const run_folder *r, const char *job, uint64_t step)
{
    char path[RUN_PATH_SIZE], kept[RUN_PATH_SIZE], name[64], *old;
    join(path, r->path, "job.yaml");
    TRY(read_text(path, &old));
    bool same = old != NULL && strcmp(old, job) == 0;
    status s = ST_OK;
    snprintf(name, sizeof name, "job-until-step-%012llu.yaml", (unsigned long long)step);
    join(kept, r->path, name);
    if (old != NULL && !same && access(kept, F_OK) != 0) s = atomic_file_write_text(kept, old);
    free(old);
    return s == ST_OK && !same ? atomic_file_write_text(path, job) : s;
}

static status keep_line(run_folder *r, const char *json)
{
    size_t length = strlen(json) + 1;
    if (r->unwritten_size + length > r->room) {
        size_t room = 2 * (r->unwritten_size + length);
        char *more = realloc(r->unwritten, room);
        CHECK(more != NULL, ST_INTERNAL, "no memory for lines of metrics");
        r->unwritten = more;
        r->room = room;
    }
    memcpy(r->unwritten + r->unwritten_size, json, length - 1);
    r->unwritten[r->unwritten_size + length - 1] = '\n';
    r->unwritten_size += length;
    return ST_OK;
}

status run_folder_flush(run_folder *r)
{
    size_t done = 0;
    int reason = 0;
    while (done < r->unwritten_size && reason == 0) {
        ssize_t put = write(r->metrics, r->unwritten + done, r->unwritten_size - done);
        if (put > 0) done += (size_t)put;
        if (put <= 0 && errno != EINTR) reason = put < 0 ? errno : ENOSPC;
    }
    r->unwritten_size -= done;
    if (done > 0) memmove(r->unwritten, r->unwritten + done, r->unwritten_size);
    CHECK(reason == 0, ST_IO, "%s/metrics.jsonl: cannot be written: %s", r->path, strerror(reason));
    return ST_OK;
}

status run_folder_add_metrics(run_folder *r, const char *json)
{
    TRY(keep_line(r, json));
    bool full = run_folder_flush(r) != ST_OK;
    if (full && !r->is_full)
        log_warn("%s; its lines are kept in memory until they can be", status_message());
    if (full) status_clear();
    r->is_full = full;
    return ST_OK;
}

status run_folder_close(run_folder *r)
{
    if (!r->is_open) return ST_OK;
    status s = run_folder_flush(r);
    int closed = close(r->metrics);
    if (s == ST_OK && closed != 0)
        s = failure(ST_IO, "%s/metrics.jsonl: cannot be written: %s", r->path, strerror(errno));
    free(r->unwritten);
    *r = (run_folder){0};
    return s;
}
