// base/status.h -- how a function says that the world is wrong (job file, shard, disk): a status.
//
// A status is also the exit code of the program, so a failure deep in io/ and the number that the
// batch system sees are one thing. The message lives in the thread that failed; the first cause
// wins until status_clear. Write messages that say what was expected, what came, where, and what
// to do. Broken invariants of our own are not a status: use ASSERT, which ends the whole job.
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

typedef enum status {
    ST_OK = 0,
    ST_USAGE = 64,    // wrong command line
    ST_BAD_DATA = 65, // a file is there but its contents are not usable
    ST_NO_INPUT = 66, // a file is missing
    ST_PEER = 69,     // another rank failed, and has told why
    ST_INTERNAL = 70, // broken invariant or no memory
    ST_IO = 74,       // reading or writing failed, disk full
    ST_STOPPED = 75,  // checkpoint written on request: run me again
    ST_STALLED = 76,  // no progress
    ST_CONFIG = 78,   // bad job file
    ST_DIVERGED = 79  // a loss or gradient is not finite
} status;

// Keeps the message (printf format) if this thread has none yet, and returns `code`.
status failure(status code, const char *format, ...) __attribute__((format(printf, 2, 3)));
#ifdef __clang_analyzer__ // which does not know that a failure's status is its code
#define failure(code, ...) (failure((code), __VA_ARGS__), (code))
#endif

// The message of this thread's first failure since status_clear; "" without one. Valid until then.
const char *status_message(void);

// Forgets this thread's message: the failure was handled.
void status_clear(void);

// Returns from the calling function with the status of `call` unless it is ST_OK.
#define TRY(call)                                                                                  \
    do {                                                                                           \
        status try_status = (call);                                                                \
        if (try_status != ST_OK) return try_status;                                                \
    } while (0)

// Fails with `code` and a message unless `condition` holds.
#define CHECK(condition, code, ...)                                                                \
    do {                                                                                           \
        if (!(condition)) return failure((code), __VA_ARGS__);                                     \
    } while (0)

// Our own invariant: prints file, line and text, then calls the hook (MPI_Abort once comm/ is up).
#define ASSERT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) assert_failed(#condition, __FILE__, __LINE__);                           \
    } while (0)
void assert_failed(const char *condition, const char *file, int line) __attribute__((noreturn));

// `hook` ends the process and must not return; NULL restores the default, abort().
void assert_set_hook(void (*hook)(void));

#endif
