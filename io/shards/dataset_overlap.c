// io/shards/dataset_overlap.c -- files by device and number, then by a hash of some samples.
#include "io/shards/dataset_overlap.h"

#include "base/pulse.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <xxhash.h>

#define MOST_HASHED    64 // files of each data set whose samples are looked at
#define HASHED_SAMPLES 4

// One file of a data set.
typedef struct file_mark {
    struct stat about;
    uint64_t number, count; // of the file, and of its samples
    uint64_t hash;          // of some samples; 0: not known
    bool known, hashed;
} file_mark;

static file_mark *mark_files(const dataset *d, uint64_t *count)
{
    *count = dataset_file_count(d);
    file_mark *marks = calloc(*count, sizeof *marks);
    for (uint64_t i = 0; marks != NULL && i < *count; i++) {
        uint64_t first;
        pulse_tick();
        marks[i].number = i;
        marks[i].known = stat(dataset_file(d, i, &first, &marks[i].count), &marks[i].about) == 0;
    }
    return marks;
}

// 0: it cannot be read, or too many files have been.
static uint64_t hash_of(dataset *d, file_mark *mark, int *left)
{
    uint64_t first, count, hash = 0;
    if (mark->hashed || *left == 0) return mark->hash;
    mark->hashed = true;
    --*left;
    (void)dataset_file(d, mark->number, &first, &count);
    for (uint64_t i = 0; i < HASHED_SAMPLES; i++) {
        stored_sample stored;
        if (dataset_fetch(d, first + i * (count - 1) / (HASHED_SAMPLES - 1), &stored) != ST_OK) {
            status_clear();
            return 0;
        }
        hash = XXH3_64bits_withSeed(stored.bytes, stored.size, hash);
    }
    mark->hash = hash != 0 ? hash : 1;
    return mark->hash;
}

static bool same_file(const file_mark *a, const file_mark *b)
{
    return a->known && b->known && a->about.st_dev == b->about.st_dev &&
           a->about.st_ino == b->about.st_ino;
}

static bool may_be_copy(const file_mark *a, const file_mark *b)
{
    return a->known && b->known && a->count == b->count && a->about.st_size == b->about.st_size;
}

// What two data sets look like while they are compared.
typedef struct comparison {
    dataset *data[2];
    file_mark *marks[2];
    uint64_t counts[2];
    int left[2]; // files that may still be hashed
} comparison;

static bool is_in_first(comparison *c, file_mark *b)
{
    for (uint64_t i = 0; i < c->counts[0]; i++)
        if (same_file(&c->marks[0][i], b)) return true;
    for (uint64_t i = 0; i < c->counts[0]; i++) {
        if (!may_be_copy(&c->marks[0][i], b)) continue;
        uint64_t hash = hash_of(c->data[1], b, &c->left[1]);
        if (hash != 0 && hash == hash_of(c->data[0], &c->marks[0][i], &c->left[0])) return true;
    }
    return false;
}

void dataset_overlap_find(dataset *a, dataset *b, dataset_overlap *found)
{
    comparison c = {.data = {a, b}, .left = {MOST_HASHED, MOST_HASHED}};
    *found = (dataset_overlap){0};
    if (dataset_is_part(a) || dataset_is_part(b)) return; // samples of the same files, by intent
    for (int i = 0; i < 2; i++)
        c.marks[i] = mark_files(c.data[i], &c.counts[i]);
    for (uint64_t i = 0; i < c.counts[1] && c.marks[0] != NULL && c.marks[1] != NULL; i++) {
        uint64_t first, count;
        if (!is_in_first(&c, &c.marks[1][i])) continue;
        if (found->files++ == 0) found->first = dataset_file(b, i, &first, &count);
    }
    free(c.marks[0]);
    free(c.marks[1]);
}
