// io/files/file_list.c -- a text to parts, a part to paths.
#include "io/files/file_list.h"

#include "base/input.h"
#include "io/files/folder.h"

#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_DEPTH 4 // of lists that name lists

static status add_parts(file_list *list, const char *files, const char *from, int depth);

static status add_path(file_list *list, const char *path)
{
    if (list->count == list->room) {
        size_t room = 2 * list->room + 64;
        char **paths = realloc(list->paths, room * sizeof *paths);
        CHECK(paths != NULL, ST_INTERNAL, "no memory for a list of %zu files", room);
        list->paths = paths;
        list->room = room;
    }
    list->paths[list->count] = strdup(path);
    CHECK(list->paths[list->count] != NULL, ST_INTERNAL, "no memory for the path %s", path);
    list->count++;
    return ST_OK;
}

// `name` as it is from `from`, into path.
static status join(char path[PATH_MAX], const char *from, const char *name)
{
    bool here = name[0] == '/' || from == NULL || from[0] == '\0';
    int length =
        here ? snprintf(path, PATH_MAX, "%s", name) : snprintf(path, PATH_MAX, "%s/%s", from, name);
    CHECK(length < PATH_MAX, ST_NO_INPUT, "%s: this path is too long", name);
    return ST_OK;
}

static bool exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

static bool is_data_name(const char *name)
{
    static const char *const endings[] = {".h5", ".hdf5", ".hdf", ".he5", ".nxs"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; i < sizeof endings / sizeof *endings && dot != NULL && dot != name; i++)
        if (strcasecmp(dot, endings[i]) == 0) return true;
    return false;
}

static status add_folder(file_list *list, const char *path)
{
    char **names, file[PATH_MAX];
    size_t before = list->count;
    TRY(folder_list(path, &names));
    status s = ST_OK;
    for (char **name = names; *name != NULL && s == ST_OK; name++) {
        if (!is_data_name(*name) || **name == '.') continue;
        s = join(file, path, *name);
        if (s == ST_OK) s = add_path(list, file);
    }
    folder_free(names);
    TRY(s);
    CHECK(list->count > before, ST_NO_INPUT,
          "%s: this folder holds no .h5, .hdf5, .hdf, .he5 or .nxs file; images are packed by "
          "`basin pack` first",
          path);
    return ST_OK;
}

// The folders at the beginning of `path` that exist by their very names, quoted for glob; the rest
// as it is.
static status quote_existing(const char *path, char pattern[2 * PATH_MAX])
{
    char part[PATH_MAX];
    size_t quoted = 0; // bytes of path
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path) + 1, path);
        if (!exists(part)) break;
        quoted = (size_t)(slash - path) + 1;
    }
    size_t length = 0;
    for (size_t i = 0; path[i] != '\0'; i++) {
        if (i < quoted && strchr("*?[]\\", path[i]) != NULL) pattern[length++] = '\\';
        pattern[length++] = path[i];
    }
    pattern[length] = '\0';
    return ST_OK;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// The same order everywhere, whatever the locale: order is part of the experiment.
static status add_glob(file_list *list, const char *path, const char *part)
{
    char pattern[2 * PATH_MAX];
    glob_t found = {0};
    TRY(quote_existing(path, pattern));
    int result = glob(pattern, GLOB_NOSORT, NULL, &found);
    status s = ST_OK;
    if (result == GLOB_NOSPACE)
        s = failure(ST_INTERNAL, "no memory for the files of \"%s\"", part);
    else if (result != 0)
        s = failure(ST_NO_INPUT, "no file matches \"%s\"%s%s", part,
                    strcmp(part, path) != 0 ? ": " : "", strcmp(part, path) != 0 ? path : "");
    if (s == ST_OK) qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, compare_paths);
    for (size_t i = 0; i < found.gl_pathc && s == ST_OK; i++)
        s = add_path(list, found.gl_pathv[i]);
    globfree(&found);
    return s;
}

// One line of a list: without its comment and the blanks around.
static char *trim(char *line)
{
    char *comment = strchr(line, '#');
    if (comment != NULL && (comment == line || comment[-1] == ' ' || comment[-1] == '\t'))
        *comment = '\0';
    while (strchr(" \t\r\n", *line) != NULL && *line != '\0')
        line++;
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r\n", line[length - 1]) != NULL)
        line[--length] = '\0';
    return line;
}

static status add_lines(file_list *list, FILE *in, const char *path, int depth)
{
    char *line = NULL, folder[PATH_MAX];
    size_t room = 0;
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL) slash[slash == folder] = '\0';
    status s = ST_OK;
    while (s == ST_OK && getline(&line, &room, in) >= 0) {
        const char *part = trim(line);
        if (part[0] != '\0') s = add_parts(list, part, slash != NULL ? folder : NULL, depth);
    }
    free(line);
    return s;
}

static status add_list(file_list *list, const char *path, int depth)
{
    FILE *in;
    CHECK(depth < MOST_DEPTH, ST_NO_INPUT, "%s: lists in lists in lists: give the files themselves",
          path);
    TRY(input_open_stream(&in, path));
    status s = list->with_lists ? add_path(list, path) : ST_OK;
    size_t before = list->count;
    if (s == ST_OK) s = add_lines(list, in, path, depth + 1);
    bool unread = ferror(in) != 0;
    (void)fclose(in); // read only
    TRY(s);
    CHECK(!unread, ST_IO, "%s: cannot be read", path);
    CHECK(list->count > before, ST_NO_INPUT, "%s: this list names no file", path);
    return ST_OK;
}

static status add_part(file_list *list, const char *part, const char *from, int depth)
{
    char path[PATH_MAX];
    struct stat about;
    TRY(join(path, from, part));
    if (stat(path, &about) == 0)
        return S_ISDIR(about.st_mode) ? add_folder(list, path) : add_path(list, path);
    if (part[0] != '@') return add_glob(list, path, part);
    TRY(join(path, from, part + 1));
    return add_list(list, path, depth);
}

// Whether a comma of `part` belongs to a name: the file exists, or the part is a glob in a folder
// that does.
static bool is_one(const char *part, const char *from)
{
    char path[PATH_MAX];
    const char *comma = strrchr(part, ','), *slash = strrchr(part, '/');
    if (part[0] == '@' && is_one(part + 1, from)) return true;
    if (part[0] == '\0' || strlen(part) >= PATH_MAX || join(path, from, part) != ST_OK) {
        status_clear();
        return false;
    }
    if (exists(path)) return true;
    if (comma == NULL || slash == NULL || slash < comma) return false;
    *strrchr(path, '/') = '\0';
    return exists(path);
}

// The longest beginning of `files` that ends before a comma, or at the end, and is one part; else
// what comes before the first comma. Blanks around do not count. *next: what follows.
static status cut_part(const char *files, const char *from, char part[PATH_MAX], const char **next)
{
    size_t least = strcspn(files, ",");
    for (size_t length = strlen(files); length >= least; length--) {
        if (files[length] != ',' && files[length] != '\0') continue;
        int copied = snprintf(part, PATH_MAX, "%.*s", (int)length, files);
        *next = files + length + (files[length] == ',');
        while (copied > 0 && copied < PATH_MAX && part[copied - 1] == ' ')
            part[--copied] = '\0';
        if (length == least) break;
        if (copied < PATH_MAX && is_one(part, from)) return ST_OK;
    }
    CHECK(strlen(part) + 1 < PATH_MAX, ST_NO_INPUT, "%s: this path is too long", part);
    return ST_OK;
}

static status add_parts(file_list *list, const char *files, const char *from, int depth)
{
    char part[PATH_MAX] = "";
    do {
        while (*files == ' ')
            files++;
        TRY(cut_part(files, from, part, &files));
        if (part[0] != '\0') TRY(add_part(list, part, from, depth));
    } while (*files != '\0');
    return ST_OK;
}

// A place in the list, to find those that are named twice.
static int compare_places(const void *a, const void *b)
{
    char *const *first = *(char **const *)a, *const *second = *(char **const *)b;
    int compared = strcmp(*first, *second);
    return compared != 0 ? compared : (first > second) - (first < second);
}

// Each path once, where it comes first.
static status remove_repeated(file_list *list)
{
    char ***places = calloc(list->count + 1, sizeof *places);
    CHECK(places != NULL, ST_INTERNAL, "no memory for a list of %zu files", list->count);
    for (size_t i = 0; i < list->count; i++)
        places[i] = &list->paths[i];
    qsort(places, list->count, sizeof *places, compare_places);
    const char *before = NULL;
    for (size_t i = 0; i < list->count; i++) {
        bool repeated = before != NULL && strcmp(before, *places[i]) == 0;
        before = repeated ? before : *places[i];
        if (!repeated) continue;
        free(*places[i]);
        *places[i] = NULL;
    }
    free(places);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->paths[i] != NULL) list->paths[kept++] = list->paths[i];
    list->count = kept;
    return ST_OK;
}

status file_list_find(file_list *list, const char *files, const char *from)
{
    *list = (file_list){0};
    TRY(add_parts(list, files, from, 0));
    CHECK(list->count > 0, ST_NO_INPUT, "no file matches \"%s\"", files);
    return remove_repeated(list);
}

status file_list_touched(file_list *list, const char *files, const char *from)
{
    *list = (file_list){.with_lists = true};
    status s = add_parts(list, files, from, 0);
    if (s == ST_INTERNAL) return s;
    if (s != ST_OK) status_clear(); // who opens it tells
    return ST_OK;
}

void file_list_free(file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
    *list = (file_list){0};
}
