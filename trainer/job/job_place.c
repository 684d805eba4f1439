// trainer/job/job_place.c -- see job_place.h.
#include "trainer/job/job_place.h"

#include "base/log.h"
#include "io/files/file_list.h"
#include "io/files/folder.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_here(const char *folder)
{
    struct stat a, b;
    return stat(folder, &a) == 0 && stat(".", &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static bool finds(const char *files, const char *from)
{
    file_list list;
    bool found = file_list_find(&list, files, from) == ST_OK;
    file_list_free(&list);
    status_clear();
    return found;
}

static void start_from(job *j, const char *folder)
{
    snprintf(j->data_from, sizeof j->data_from, "%s", is_here(folder) ? "" : folder);
}

status job_place_find(job *j, const char *path)
{
    char own[CONFIG_TEXT_SIZE];
    const char *slash = strrchr(path, '/');
    j->data_from[0] = '\0';
    if (j->data.from[0] != '\0' && folder_exists(j->data.from)) {
        start_from(j, j->data.from);
        return ST_OK;
    }
    if (j->data.from[0] != '\0')
        log_info("%s: there is no folder %s any more, which its data.from names; paths of data "
                 "start from the working directory, or from the job's own folder",
                 path, j->data.from);
    if (slash == NULL || (size_t)(slash - path) + 1 >= sizeof own) return ST_OK;
    snprintf(own, sizeof own, "%.*s", (int)(slash - path) + (slash == path), path);
    if (!finds(j->data.train, "") && finds(j->data.train, own)) start_from(j, own);
    return ST_OK;
}

// The part of an override behind "data.train=" and the like, if it is a path; NULL: it is none.
static const char *path_in(const char *override)
{
    static const char *const keys[] = {
        "data.train=", "data.test=", "data.labels=", "data.test_labels="};
    char files[PATH_MAX];
    for (int i = 0; i < 4; i++) {
        const char *value = override + strlen(keys[i]);
        if (strncmp(override, keys[i], strlen(keys[i])) != 0) continue;
        if (i >= 2 && dataset_labels_inside(value, files) == value) return NULL; // inside each file
        return value[0] != '\0' ? value : NULL;
    }
    return NULL;
}

// `override`, whose paths begin at `value`, with `here` before each that is relative. NULL: no
// memory.
static char *place_override(const char *override, const char *value, const char *here)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) return NULL;
    fprintf(out, "%.*s", (int)(value - override), override);
    bool whole = finds(value, "") && strchr(value, ',') == NULL;
    for (const char *part = value; part != NULL;) {
        const char *comma = whole ? NULL : strchr(part, ',');
        size_t length = comma != NULL ? (size_t)(comma - part) : strlen(part);
        size_t blanks = strspn(part, " "), list = part[blanks] == '@';
        bool absolute = part[blanks + list] == '/';
        if (blanks > length) blanks = length;
        fprintf(out, "%s%s%s%.*s%s", list ? "@" : "", absolute ? "" : here, absolute ? "" : "/",
                (int)(length - blanks - list), part + blanks + list, comma != NULL ? "," : "");
        part = comma != NULL ? comma + 1 : NULL;
    }
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}

status job_place_overrides(const job *j, int count, char *const *overrides, char ***placed)
{
    char here[PATH_MAX];
    bool any = false;
    *placed = NULL;
    for (int i = 0; i < count; i++)
        any = any || path_in(overrides[i]) != NULL;
    if (j->data_from[0] == '\0' || !any) return ST_OK;
    CHECK(realpath(".", here) != NULL, ST_IO, "the working directory has no name: %s",
          strerror(errno));
    char **all = calloc((size_t)count, sizeof *all);
    CHECK(all != NULL, ST_INTERNAL, "no memory for the command line");
    bool complete = true;
    for (int i = 0; i < count; i++) {
        const char *value = path_in(overrides[i]);
        all[i] = value != NULL ? place_override(overrides[i], value, here) : strdup(overrides[i]);
        complete = complete && all[i] != NULL;
    }
    if (complete)
        *placed = all;
    else
        job_place_free(all, count);
    return complete ? ST_OK : failure(ST_INTERNAL, "no memory for the command line");
}

void job_place_free(char **placed, int count)
{
    for (int i = 0; i < count; i++)
        free(placed[i]);
    free(placed);
}

// The line of data.from in a job that config_write has written, a key a line.
static char *find_from(char *text)
{
    char *data = strstr(text, "\ndata:\n"),
         *line = data != NULL ? strstr(data, "\n  from: ") : NULL;
    ASSERT(line != NULL);
    return line + 1;
}

status job_place_resolve(job *j, const config *c)
{
    size_t size = 0;
    FILE *out = open_memstream(&j->resolved, &size);
    CHECK(out != NULL, ST_INTERNAL, "no memory for the resolved job");
    config_write(c, out);
    CHECK(fclose(out) == 0, ST_INTERNAL, "no memory for the resolved job");
    char *from = find_from(j->resolved), *next = strchr(from, '\n') + 1;
    memmove(from, next, strlen(next) + 1);
    return ST_OK;
}

// In quotes, as YAML reads it back.
static void write_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7f)
            fprintf(out, "\\x%02x", byte);
        else
            fprintf(out, "%s%c", byte == '"' || byte == '\\' ? "\\" : "", byte);
    }
    fputc('"', out);
}

status job_place_text(const job *j, char **text)
{
    char from[PATH_MAX];
    size_t size = 0;
    const char *data = strstr(j->resolved, "\ndata:\n");
    ASSERT(data != NULL);
    const char *end = strchr(data + 1, '\n') + 1; // of the section
    while (*end == ' ')
        end = strchr(end, '\n') + 1;
    CHECK(realpath(j->data_from[0] != '\0' ? j->data_from : ".", from) != NULL, ST_IO,
          "the folder that data paths start from has no name: %s", strerror(errno));
    FILE *out = open_memstream(text, &size);
    CHECK(out != NULL, ST_INTERNAL, "no memory for the job");
    fprintf(out, "%.*s", (int)(end - j->resolved), j->resolved);
    if (strlen(from) < CONFIG_TEXT_SIZE) {
        fputs("  from: ", out);
        write_quoted(out, from);
        fputc('\n', out);
    }
    fputs(end, out);
    CHECK(fclose(out) == 0, ST_INTERNAL, "no memory for the job");
    return ST_OK;
}
