// io/files/named_output.c -- looks at what stands where a file is to be written, and at the inputs.
#include "io/files/named_output.h"

#include "io/files/atomic_file.h"
#include "io/files/file_list.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_file(const char *path, const struct stat *file)
{
    struct stat other;
    return stat(path, &other) == 0 && other.st_dev == file->st_dev && other.st_ino == file->st_ino;
}

// Whether that file is among those that the input means.
static status find(const char *input, const char *from, const struct stat *file, bool *found)
{
    file_list list;
    *found = is_file(input, file);
    if (*found) return ST_OK;
    status s = file_list_touched(&list, input, from);
    for (size_t i = 0; i < list.count && !*found; i++)
        *found = is_file(list.paths[i], file);
    file_list_free(&list);
    return s;
}

static status check_inputs(const char *path, const output_rules *rules)
{
    struct stat file;
    if (stat(path, &file) != 0) return ST_OK;
    for (size_t i = 0; i < rules->input_count; i++) {
        const char *input = rules->inputs[i];
        bool found = false;
        if (input != NULL) TRY(find(input, NULL, &file, &found));
        if (input != NULL && !found && rules->from != NULL)
            TRY(find(input, rules->from, &file, &found));
        CHECK(!found, ST_USAGE,
              "%s is to be written, but it is one of the files to be read (%s): name another file "
              "(a pattern of files must stand in quotes)",
              path, input);
    }
    return ST_OK;
}

static status check_folder(const char *path)
{
    char folder[ATOMIC_PATH_SIZE];
    atomic_file_folder(path, folder);
    CHECK(access(folder, W_OK | X_OK) == 0, ST_IO, "%s cannot be written: the folder %s: %s", path,
          folder, strerror(errno));
    return ST_OK;
}

status named_output_check(const char *path, const output_rules *rules)
{
    struct stat there;
    CHECK(path[0] != '\0', ST_USAGE, "the file to be written has an empty name");
    CHECK(strlen(path) < ATOMIC_PATH_SIZE - 20, ST_USAGE,
          "%s: this path is too long, at most %d bytes are possible", path, ATOMIC_PATH_SIZE - 20);
    if (lstat(path, &there) != 0) return check_folder(path);
    TRY(check_inputs(path, rules));
    CHECK(S_ISREG(there.st_mode), ST_USAGE,
          "%s is %s, which is never replaced by a file: name another file", path,
          atomic_file_kind(there.st_mode));
    CHECK(rules->replace, ST_USAGE,
          "%s exists already: name another file, or give --force to replace it (a pattern of files "
          "must stand in quotes)",
          path);
    return check_folder(path);
}
