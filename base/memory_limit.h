// base/memory_limit.h -- how much memory this process may take: the least of what the machine has
// and what the control groups above the process allow, each divided among the ranks that share it.
//
//   memory_limit_find ─> ranks tell each other (comm/world) ─> memory_limit_share ─> _check
//
// Taking more is not an error that a program sees: the kernel ends it. So it is asked beforehand.
#ifndef BASE_MEMORY_LIMIT_H
#define BASE_MEMORY_LIMIT_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

#define MEMORY_LIMITS    8 // kept, the tightest
#define MEMORY_NAME_SIZE 160
#define MEMORY_NO_LIMIT  1e300

// One limit, of all processes that it holds for.
typedef struct memory_limit {
    double bytes;
    uint64_t id;                 // of the machine 0, of a control group a hash of its name
    char name[MEMORY_NAME_SIZE]; // "this machine has", "control group /job/step_0 allows"
} memory_limit;

typedef struct memory_limits {
    memory_limit list[MEMORY_LIMITS]; // the machine's first
    int count;
} memory_limits;

// Those of this process: cgroup v2 (memory.max) and v1 (memory.limit_in_bytes) of its own group and
// all above it. What cannot be read limits nothing. root: in front of /proc and /sys, "" but in
// tests.
void memory_limits_find(memory_limits *found, const char *root);

// From now on limit i is shared by ranks[i] ranks, this one included. Call it before threads begin.
void memory_limits_share(const memory_limits *limits, const int *ranks);

// Whether `bytes` more are within every share, beside `taken` bytes that were planned before.
// `what` would take them, for the message, which says which limit it is. Without
// memory_limits_share this process has all to itself. Errors: ST_CONFIG.
status memory_limit_check(const char *what, double bytes, double taken);

// The least share, bytes.
double memory_limit_bytes(void);

#endif
