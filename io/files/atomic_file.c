// io/files/atomic_file.c -- temporary name, fsync, rename, fsync of the folder.
#include "io/files/atomic_file.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
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
    struct stat there, target;
    f->replaces = lstat(path, &there) == 0;
    if (!f->replaces) return ST_OK;
    // A link that leads nowhere, or to a file, is itself replaced; one to a device is not.
    if (S_ISLNK(there.st_mode)) there = stat(path, &target) == 0 ? target : there;
    CHECK(S_ISREG(there.st_mode) || S_ISLNK(there.st_mode), ST_IO,
          "%s is %s, which is never replaced by a file", path, atomic_file_kind(there.st_mode));
    return ST_OK;
}

const char *atomic_file_kind(mode_t mode)
{
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return S_ISLNK(mode) ? "a symbolic link" : "a file";
}

void atomic_file_folder(const char *path, char folder[ATOMIC_PATH_SIZE])
{
    snprintf(folder, ATOMIC_PATH_SIZE, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        snprintf(folder, ATOMIC_PATH_SIZE, ".");
    else
        slash[slash == folder ? 1 : 0] = '\0';
}

// Some file systems have no fsync, or none for folders. What has been written is then as safe as
// they make it, which is told once.
static bool has_no_fsync(const char *path, int reason)
{
    static atomic_bool told;
    if (reason != EINVAL && reason != ENOSYS && reason != ENOTSUP) return false;
    if (reason != EINVAL && !atomic_exchange(&told, true))
        log_warn("%s: this file system cannot make files durable (fsync: %s); a power cut may take "
                 "the newest ones",
                 path, strerror(reason));
    return true;
}

static status synchronise(const char *path, int flags)
{
    int file = open(path, flags | O_CLOEXEC);
    CHECK(file >= 0, ST_IO, "%s: cannot be opened: %s", path, strerror(errno));
    int failed = fsync(file);
    int reason = errno;
    close(file); // read-only descriptor: nothing can be lost here
    CHECK(failed == 0 || has_no_fsync(path, reason), ST_IO, "%s: cannot be made durable: %s", path,
          strerror(reason));
    return ST_OK;
}

status atomic_file_synchronise(const char *path)
{
    return synchronise(path, O_RDONLY);
}

// rename(), but nothing may stand there. NFS and others cannot do it in one step (EINVAL, ENOSYS).
static int rename_to_nothing(const char *from, const char *to)
{
    struct stat there;
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -1;
    if (lstat(to, &there) != 0) return rename(from, to);
    errno = EEXIST;
    return -1;
}

static status rename_durably(const atomic_file *f, bool *keep)
{
    char folder[ATOMIC_PATH_SIZE];
    TRY(synchronise(f->temporary, O_RDONLY));
    int failed =
        f->replaces ? rename(f->temporary, f->path) : rename_to_nothing(f->temporary, f->path);
    *keep = failed != 0 && errno == EEXIST;
    CHECK(!*keep, ST_IO,
          "%s has come to be while it was written here, and was not replaced: what should have "
          "been it is in %s",
          f->path, f->temporary);
    CHECK(failed == 0, ST_IO, "%s: cannot be renamed to %s: %s", f->temporary, f->path,
          strerror(errno));
    atomic_file_folder(f->path, folder);
    return synchronise(folder, O_RDONLY | O_DIRECTORY);
}

status atomic_file_commit(const atomic_file *f)
{
    bool keep = false;
    status s = rename_durably(f, &keep);
    if (s != ST_OK && !keep) atomic_file_abandon(f);
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
