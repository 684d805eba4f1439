// tests/fuzz/input.c -- one file in memory that is written again and again.
#include "tests/fuzz/input.h"

#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/dev/shm/basin-fuzz-XXXXXX", path[256];

static void remove_file(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

const char *input_file(const char *name, const uint8_t *data, size_t size)
{
    if (path[0] == '\0') {
        log_set_silent(true);
        if (mkdtemp(folder) == NULL) abort();
        snprintf(path, sizeof path, "%s/%s", folder, name);
        if (atexit(remove_file) != 0) abort();
    }
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || write(file, data, size) != (ssize_t)size) abort();
    close(file);
    return path;
}
