// base/standard_output.c -- flush, and a close of a copy: some file systems tell only then.
#include "base/standard_output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

status standard_output_finish(void)
{
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if (fflush(stdout) != 0) failed = true;
    int reason = errno, copy = dup(STDOUT_FILENO);
    if (copy >= 0 && close(copy) != 0) {
        failed = true;
        reason = errno;
    }
    if (!failed) return ST_OK;
    if (reason == EPIPE) return ST_IO;
    return failure(ST_IO, "standard output cannot be written: %s; what was printed is not complete",
                   reason != 0 ? strerror(reason) : "an earlier write has failed");
}
