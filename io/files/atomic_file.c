// io/files/atomic_file.c -- temporary name, fsync, rename, fsync of the folder.
#include "io/files/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

status atomic_file_begin(atomic_file *f, const char *path)
{
    int length = snprintf(f->path, sizeof f->path, "%s", path);
    int longer =
        snprintf(f->temporary, sizeof f->temporary, "%s.partial-%ld", path, (long)getpid());
    CHECK(length < ATOMIC_PATH_SIZE && longer < ATOMIC_PATH_SIZE, ST_IO,
          "%s: this path is too long, at most %d bytes are possible", path, ATOMIC_PATH_SIZE - 20);
    return ST_OK;
}

static status synchronise(const char *path, int flags)
{
    int file = open(path, flags | O_CLOEXEC);
    CHECK(file >= 0, ST_IO, "%s: cannot be opened: %s", path, strerror(errno));
    int failed = fsync(file);
    int reason = errno;
    close(file); // read-only descriptor: nothing can be lost here
    // Some file systems have no fsync for folders and say EINVAL.
    CHECK(failed == 0 || reason == EINVAL, ST_IO, "%s: cannot be made durable: %s", path,
          strerror(reason));
    return ST_OK;
}

static status rename_durably(const atomic_file *f)
{
    TRY(synchronise(f->temporary, O_RDONLY));
    CHECK(rename(f->temporary, f->path) == 0, ST_IO, "%s: cannot be renamed to %s: %s",
          f->temporary, f->path, strerror(errno));
    char folder[ATOMIC_PATH_SIZE];
    snprintf(folder, sizeof folder, "%s", f->path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        snprintf(folder, sizeof folder, ".");
    else
        slash[slash == folder ? 1 : 0] = '\0';
    return synchronise(folder, O_RDONLY | O_DIRECTORY);
}

status atomic_file_commit(const atomic_file *f)
{
    status s = rename_durably(f);
    if (s != ST_OK) atomic_file_abandon(f);
    return s;
}

void atomic_file_abandon(const atomic_file *f)
{
    (void)unlink(f->temporary); // not there: nothing was written yet
}

static status write_text(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    CHECK(out != NULL, ST_IO, "%s: cannot be opened for writing: %s", path, strerror(errno));
    size_t size = strlen(text);
    bool written = fwrite(text, 1, size, out) == size;
    int reason = errno;
    bool closed = fclose(out) == 0;
    if (written && !closed) reason = errno;
    CHECK(written && closed, ST_IO, "%s: cannot be written: %s", path, strerror(reason));
    return ST_OK;
}

status atomic_file_write_text(const char *path, const char *text)
{
    atomic_file f;
    TRY(atomic_file_begin(&f, path));
    status s = write_text(f.temporary, text);
    if (s != ST_OK) {
        atomic_file_abandon(&f);
        return s;
    }
    return atomic_file_commit(&f);
}
