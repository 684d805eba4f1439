// io/files/folder.c -- folders.
#include "io/files/folder.h"

#include "base/pulse.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool folder_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

status folder_create(const char *path)
{
    char part[PATH_MAX];
    CHECK(strlen(path) < sizeof part, ST_IO, "%s: this path is too long", path);
    snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1;; at++) {
        if (*at != '/' && *at != '\0') continue;
        char end = *at;
        *at = '\0';
        CHECK(mkdir(part, 0777) == 0 || (errno == EEXIST && folder_exists(part)), ST_IO,
              "the folder \"%s\" cannot be made: %s", part, strerror(errno));
        *at = end;
        if (end == '\0') return ST_OK;
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_folder(DIR *folder, const struct dirent *entry)
{
    struct stat about;
    if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK) return entry->d_type == DT_DIR;
    return fstatat(dirfd(folder), entry->d_name, &about, 0) == 0 && S_ISDIR(about.st_mode);
}

static status read_names(DIR *folder, const char *path, bool marked, char ***names)
{
    size_t count = 0, room = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        pulse_tick();
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (count + 1 >= room) {
            room = 2 * room + 16;
            char **more = realloc(*names, room * sizeof **names);
            CHECK(more != NULL, ST_INTERNAL, "no memory to list \"%s\"", path);
            *names = more;
        }
        const char *mark = marked && is_folder(folder, entry) ? "/" : "";
        if (asprintf(&(*names)[count], "%s%s", entry->d_name, mark) < 0) {
            (*names)[count] = NULL;
            return failure(ST_INTERNAL, "no memory to list \"%s\"", path);
        }
        (*names)[++count] = NULL;
    }
    if (count > 1) qsort(*names, count, sizeof **names, compare_names);
    return ST_OK;
}

static status list_names(const char *path, bool marked, char ***names)
{
    DIR *folder = opendir(path);
    CHECK(folder != NULL, errno == ENOENT ? ST_NO_INPUT : ST_IO, "%s: cannot be opened: %s", path,
          strerror(errno));
    *names = calloc(1, sizeof **names);
    status s = ST_OK;
    if (*names == NULL)
        s = failure(ST_INTERNAL, "no memory to list \"%s\"", path);
    else
        s = read_names(folder, path, marked, names);
    closedir(folder);
    if (s != ST_OK) {
        folder_free(*names);
        *names = NULL;
    }
    return s;
}

status folder_list(const char *path, char ***names)
{
    return list_names(path, false, names);
}

status folder_list_marked(const char *path, char ***names)
{
    return list_names(path, true, names);
}

void folder_free(char **names)
{
    for (char **name = names; name != NULL && *name != NULL; name++)
        free(*name);
    free(names);
}
