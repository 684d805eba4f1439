// base/thread.c -- a new thread inherits the mask of the one that makes it.
#include "base/thread.h"

#include <signal.h>

status thread_start(pthread_t *thread, void *(*run)(void *), void *context, const char *what)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    CHECK(failed == 0, ST_INTERNAL,
          "%s cannot be started: is the limit of processes (ulimit -u) reached?", what);
    return ST_OK;
}
