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

// Of ranks `first` on: those that the file has, at most `count`.
static status read_records(int file, const char *path, int first, int count, heartbeat *records)
{
    size_t found;
    memset(records, 0, (size_t)count * sizeof *records);
    TRY(input_read(file, path, (uint64_t)first * sizeof *records, records,
                   (size_t)count * sizeof *records, &found));
    for (int i = 0; i < count; i++) {
        records[i].phase[sizeof records->phase - 1] = '\0';
        records[i].host[sizeof records->host - 1] = '\0';
    }
    return ST_OK;
}

static status read_file(int file, const char *path, uint32_t start, int count, heartbeat *all)
{
    heartbeat records[64];
    const int most = sizeof records / sizeof *records;
    for (int first = 0; first < count; first += most) {
        int here = count - first < most ? count - first : most;
        TRY(read_records(file, path, first, here, records));
        for (int i = 0; i < here; i++)
            if (start == 0 || records[i].start == start) all[first + i] = records[i];
    }
    return ST_OK;
}

status heartbeat_read(const char *path, uint32_t start, int count, heartbeat *all)
{
    int file;
    TRY(input_open(&file, path));
    status s = read_file(file, path, start, count, all);
    close(file); // read-only
    return s;
}
