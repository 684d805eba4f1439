// io/shards/shard_names.c -- see shard_names.h.
#include "io/shards/shard_names.h"

#include "io/files/folder.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *shard_name(const char *prefix, uint64_t number, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s-%05" PRIu64 ".h5", prefix, number);
    return path;
}

static status make_folder(const char *prefix)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", prefix);
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) return ST_OK;
    *slash = '\0';
    return folder_create(path);
}

static bool exists(const char *path)
{
    struct stat there;
    return lstat(path, &there) == 0;
}

status shard_names_check(const char *prefix, uint64_t count, const output_rules *rules)
{
    char path[PATH_MAX];
    CHECK(strlen(prefix) < PATH_MAX - 32, ST_USAGE, "%s: this path is too long", prefix);
    TRY(make_folder(prefix));
    for (uint64_t n = 0; n < count || exists(shard_name(prefix, n, path)); n++)
        TRY(named_output_check(shard_name(prefix, n, path), rules));
    return ST_OK;
}

void shard_names_remove_from(const char *prefix, uint64_t count)
{
    char path[PATH_MAX];
    while (unlink(shard_name(prefix, count, path)) == 0)
        count++;
}
