// base/input.c -- open without waiting, look what it is, and only then read.
#include "base/input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *kind_of(mode_t mode)
{
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

static status cannot_open(const char *path, int reason)
{
    const char *advice = reason == EMFILE ? " by this process: raise `ulimit -n`" : "";
    struct stat about;
    CHECK((reason != ENOENT && reason != ELOOP) || lstat(path, &about) != 0 ||
              !S_ISLNK(about.st_mode),
          ST_NO_INPUT, "%s: a link that leads nowhere: mend it or remove it", path);
    if (reason == ENOENT || reason == ENOTDIR)
        return failure(ST_NO_INPUT, "%s: no such file", path);
    return failure(ST_IO, "%s: cannot be opened: %s%s", path, strerror(reason), advice);
}

static status check_regular(int descriptor, const char *path)
{
    struct stat about;
    CHECK(fstat(descriptor, &about) == 0, ST_IO, "%s: cannot be looked at: %s", path,
          strerror(errno));
    CHECK(S_ISREG(about.st_mode), ST_BAD_DATA, "%s: is %s; a regular file is expected", path,
          kind_of(about.st_mode));
    return ST_OK;
}

status input_open(int *descriptor, const char *path)
{
    *descriptor = -1;
    int opened;
    do // a file of a network may take its time, and a signal come meanwhile
        opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    while (opened < 0 && errno == EINTR);
    // A socket cannot be opened at all.
    CHECK(opened >= 0 || errno != ENXIO, ST_BAD_DATA,
          "%s: is a socket or a device; a regular file is expected", path);
    if (opened < 0) return cannot_open(path, errno);
    status s = check_regular(opened, path);
    // Only opening must not wait: a file that is fetched from tape may.
    if (s == ST_OK && fcntl(opened, F_SETFL, O_RDONLY) != 0)
        s = failure(ST_IO, "%s: cannot be set up for reading: %s", path, strerror(errno));
    if (s == ST_OK)
        *descriptor = opened;
    else
        close(opened);
    return s;
}

status input_open_stream(FILE **stream, const char *path)
{
    int descriptor;
    *stream = NULL;
    TRY(input_open(&descriptor, path));
    *stream = fdopen(descriptor, "r");
    if (*stream != NULL) return ST_OK;
    close(descriptor);
    return failure(ST_INTERNAL, "no memory to read %s", path);
}

status input_check(const char *path)
{
    int descriptor;
    TRY(input_open(&descriptor, path));
    close(descriptor);
    return ST_OK;
}

status input_size_of(const char *path, uint64_t *bytes)
{
    struct stat about;
    if (stat(path, &about) != 0) return cannot_open(path, errno);
    *bytes = (uint64_t)about.st_size;
    return ST_OK;
}

status input_size(int descriptor, const char *path, uint64_t *bytes)
{
    struct stat about;
    CHECK(fstat(descriptor, &about) == 0, ST_IO, "%s: cannot be looked at: %s", path,
          strerror(errno));
    *bytes = (uint64_t)about.st_size;
    return ST_OK;
}

status input_read(int descriptor, const char *path, uint64_t offset, void *to, size_t bytes,
                  size_t *got)
{
    *got = 0;
    while (*got < bytes) {
        ssize_t part = pread(descriptor, (char *)to + *got, bytes - *got, (off_t)(offset + *got));
        if (part < 0 && errno == EINTR) continue;
        CHECK(part >= 0, ST_IO, "%s: cannot be read at byte %" PRIu64 ": %s", path, offset + *got,
              strerror(errno));
        if (part == 0) break;
        *got += (size_t)part;
    }
    return ST_OK;
}

static status read_text(int descriptor, const char *path, char **text, size_t *bytes)
{
    uint64_t size;
    TRY(input_size(descriptor, path, &size));
    *text = calloc(size + 1, 1);
    CHECK(*text != NULL, ST_INTERNAL, "no memory to read %s", path);
    return input_read(descriptor, path, 0, *text, size, bytes);
}

status input_read_text(char **text, const char *path, size_t *bytes)
{
    int descriptor;
    *text = NULL;
    *bytes = 0;
    TRY(input_open(&descriptor, path));
    status s = read_text(descriptor, path, text, bytes);
    close(descriptor); // only read from
    if (s == ST_OK) return ST_OK;
    free(*text);
    *text = NULL;
    return s;
}

void input_raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); // else the old limit holds, and input_room tells it
}

// Those whose numbers are below the limit: a parent may have left others.
static int count_open(int most)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) return 64; // a guess
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.' && strtol(entry->d_name, NULL, 10) < most;
    closedir(folder);
    return count - 1; // the folder itself
}

int input_room(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    int most = limit.rlim_cur < INT_MAX ? (int)limit.rlim_cur : INT_MAX;
    int room = most - count_open(most);
    return room > 0 ? room : 0;
}
