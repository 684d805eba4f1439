// base/thread.h -- threads that leave signals to the main thread.
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include "base/status.h"

#include <pthread.h>

// Starts `run` with all signals blocked. what: names it in the message. Errors: ST_INTERNAL.
status thread_start(pthread_t *thread, void *(*run)(void *), void *context, const char *what);

#endif
