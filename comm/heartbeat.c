// comm/heartbeat.c -- records of a file by pread and pwrite.
#include "comm/heartbeat.h"

#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(heartbeat) == 64, "records of 64 bytes");

status heartbeat_create(const char *path, int count)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    CHECK(file >= 0, ST_IO, "%s: cannot be opened for writing: %s", path, strerror(errno));
    int failed = ftruncate(file, (off_t)count * (off_t)sizeof(heartbeat));
    int reason = errno;
    if (close(file) != 0 && failed == 0) {
        failed = -1;
        reason = errno;
    }
    CHECK(failed == 0, ST_IO, "%s: cannot be written: %s", path, strerror(reason));
    return ST_OK;
}

status heartbeat_write(const char *path, int rank, const heartbeat *mine)
{
    int file = open(path, O_WRONLY | O_DSYNC | O_CLOEXEC);
    CHECK(file >= 0, ST_IO, "%s: cannot be opened for writing: %s", path, strerror(errno));
    ssize_t written = pwrite(file, mine, sizeof *mine, (off_t)rank * (off_t)sizeof *mine);
    int reason = errno;
    close(file); // written through already
    CHECK(written == (ssize_t)sizeof *mine, ST_IO, "%s: cannot be written: %s", path,
          written < 0 ? strerror(reason) : "the disk is full");
    return ST_OK;
}

status heartbeat_read(const char *path, int count, heartbeat *all)
{
    size_t size = (size_t)count * sizeof *all;
    memset(all, 0, size);
    int file;
    size_t found;
    TRY(input_open(&file, path));
    status read = input_read(file, path, 0, all, size, &found);
    close(file); // read-only
    TRY(read);
    for (int rank = 0; rank < count; rank++) {
        all[rank].phase[sizeof all->phase - 1] = '\0';
        all[rank].host[sizeof all->host - 1] = '\0';
    }
    return ST_OK;
}
