// io/files/named_output.c -- looks at what stands where a file is to be written, and at the inputs.
#include "io/files/named_output.h"

#include "io/files/atomic_file.h"

#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_file(const char *path, const struct stat *file)
{
    struct stat other;
    return stat(path, &other) == 0 && other.st_dev == file->st_dev && other.st_ino == file->st_ino;
}

// Whether the input, a name or a pattern of names, has that file among its own.
static bool matches(const char *input, const struct stat *file)
{
    glob_t found = {0};
    bool any = is_file(input, file);
    if (!any && glob(input, GLOB_NOSORT, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc && !any; i++)
            any = is_file(found.gl_pathv[i], file);
    globfree(&found);
    return any;
}

static status check_inputs(const char *path, const output_rules *rules)
{
    struct stat file;
    if (stat(path, &file) != 0) return ST_OK;
    for (size_t i = 0; i < rules->input_count; i++)
        CHECK(rules->inputs[i] == NULL || !matches(rules->inputs[i], &file), ST_USAGE,
              "%s is to be written, but it is one of the files to be read (%s): name another file "
              "(a pattern of files must stand in quotes)",
              path, rules->inputs[i]);
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
