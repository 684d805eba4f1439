// base/memory_limit.c -- see memory_limit.h.
#include "base/memory_limit.h"

#include "base/input.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static memory_limits known;
static int sharers[MEMORY_LIMITS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

// The beginning of a file of the kernel's, whose size is told as 0. Returns whether there is one.
static bool read_beginning(const char *path, char *text, size_t room)
{
    int file;
    size_t got = 0;
    status s = input_open(&file, path);
    if (s == ST_OK) {
        s = input_read(file, path, 0, text, room - 1, &got);
        close(file); // only read
    }
    text[got] = '\0';
    if (s != ST_OK) status_clear();
    return s == ST_OK;
}

// A file that is missing or holds no number limits nothing; so does "max", and what is more than
// any machine has.
static double read_limit(const char *path)
{
    char text[64], *end = NULL;
    if (!read_beginning(path, text, sizeof text)) return MEMORY_NO_LIMIT;
    double number = strtod(text, &end);
    return end != text && number >= 0 && number < 0x1p62 ? number : MEMORY_NO_LIMIT;
}

// FNV-1a, never 0.
static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash | 1;
}

// Keeps the tightest.
static void add_group(memory_limits *l, double bytes, const char *name)
{
    int place = l->count;
    if (bytes >= MEMORY_NO_LIMIT) return;
    if (place == MEMORY_LIMITS) {
        place = 1;
        for (int i = 2; i < MEMORY_LIMITS; i++)
            if (l->list[i].bytes > l->list[place].bytes) place = i;
        if (l->list[place].bytes <= bytes) return;
    } else {
        l->count++;
    }
    memory_limit *kept = &l->list[place];
    *kept = (memory_limit){.bytes = bytes, .id = hash_of(name)};
    snprintf(kept->name, sizeof kept->name, "control group %.120s allows", name);
}

// A hierarchy of control groups: where it is mounted, and which file of a group holds the limit.
typedef struct hierarchy {
    const char *mount, *file;
} hierarchy;

// The group and all above it. A group that is not seen from here (a container's own root) is passed
// over.
static void add_groups(memory_limits *l, const char *root, const hierarchy *h, const char *group)
{
    char name[PATH_MAX], path[2 * PATH_MAX];
    snprintf(name, sizeof name, "%s", group);
    for (;;) {
        size_t length = strlen(name);
        while (length > 0 && name[length - 1] == '/')
            name[--length] = '\0';
        int used = snprintf(path, sizeof path, "%s%s%s/%s", root, h->mount, name, h->file);
        if (used < (int)sizeof path) add_group(l, read_limit(path), length > 0 ? name : "/");
        if (length == 0) return;
        *strrchr(name, '/') = '\0';
    }
}

static bool has_word(const char *list, size_t length, const char *word)
{
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= length; i++) {
        bool begins = i == 0 || list[i - 1] == ',',
             ends = i + size == length || list[i + size] == ',';
        if (begins && ends && strncmp(list + i, word, size) == 0) return true;
    }
    return false;
}

// One line of /proc/self/cgroup: "0::/group" (v2) or "4:memory:/group" (v1).
static void add_line(memory_limits *l, const char *root, const char *line)
{
    static const hierarchy second[] = {{"/sys/fs/cgroup", "memory.max"},
                                       {"/sys/fs/cgroup/unified", "memory.max"}};
    static const hierarchy first = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes"};
    const char *list = strchr(line, ':');
    const char *group = list != NULL ? strchr(list + 1, ':') : NULL;
    if (group == NULL || group[1] != '/') return;
    size_t length = (size_t)(group - list) - 1;
    if (length == 0)
        for (size_t i = 0; i < sizeof second / sizeof *second; i++)
            add_groups(l, root, &second[i], group + 1);
    else if (has_word(list + 1, length, "memory"))
        add_groups(l, root, &first, group + 1);
}

void memory_limits_find(memory_limits *found, const char *root)
{
    char path[PATH_MAX], text[8192], *rest = NULL;
    *found = (memory_limits){.count = 1};
    found->list[0] =
        (memory_limit){.bytes = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE),
                       .name = "this machine has"};
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    if (!read_beginning(path, text, sizeof text)) return;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        add_line(found, root, line);
}

void memory_limits_share(const memory_limits *limits, const int *ranks)
{
    known = *limits;
    for (int i = 0; i < limits->count; i++)
        sharers[i] = ranks[i] > 1 ? ranks[i] : 1;
}

static void find_alone(void)
{
    static const int alone[MEMORY_LIMITS] = {0};
    memory_limits own;
    if (known.count > 0) return;
    memory_limits_find(&own, "");
    memory_limits_share(&own, alone);
}

// The number of the limit with the least share.
static int tightest(void)
{
    (void)pthread_once(&once, find_alone);
    int least = 0;
    for (int i = 1; i < known.count; i++)
        if (known.list[i].bytes / sharers[i] < known.list[least].bytes / sharers[least]) least = i;
    return least;
}

double memory_limit_bytes(void)
{
    int least = tightest();
    return known.list[least].bytes / sharers[least];
}

status memory_limit_check(const char *what, double bytes, double taken)
{
    int least = tightest(), ranks = sharers[least];
    const memory_limit *l = &known.list[least];
    char share[96] = "";
    if (taken + bytes <= l->bytes / ranks) return ST_OK;
    if (ranks > 1)
        snprintf(share, sizeof share, " for %d ranks, %.2f GB for each", ranks,
                 l->bytes / ranks * 1e-9);
    return failure(
        ST_CONFIG,
        "%s would take %.2f GB in each rank, beside %.2f GB of other things, but %s %.2f "
        "GB%s; use a smaller batch, more workers or a smaller model, or fewer ranks on "
        "this machine",
        what, bytes * 1e-9, taken * 1e-9, l->name, l->bytes * 1e-9, share);
}
