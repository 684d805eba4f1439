// trainer/run/saver.c -- a staging copy, a thread, and the outcome of its last work.
#include "trainer/run/saver.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "io/files/atomic_file.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_OVERHEAD                                                                              \
    ((uint64_t)1 << 20) // bytes of a checkpoint beside its arrays: more than enough

typedef enum saver_state { SAVER_IDLE, SAVER_WRITING, SAVER_ENDING } saver_state;

struct saver {
    char run[RUN_PATH_SIZE];
    checkpoint_keeping keeping;
    arena memory; // of the copies
    checkpoint_array *arrays;
    size_t array_count;
    checkpoint_text *texts;
    size_t text_count;
    uint64_t bytes; // of all arrays
    pthread_t writer;
    bool has_writer;
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t changed;
    saver_state state;
    uint64_t step; // of the copies
    bool untold;   // the outcome has not been told yet
    status outcome;
    char reason[CHECKPOINT_REMARK_SIZE]; // why it failed, or what is inconvenient
    char told[CHECKPOINT_REMARK_SIZE];   // the inconvenience told last
    double begun;
    saver_times times;
};

status saver_room(const saver *s)
{
    return checkpoint_folder_room(s->run, s->bytes + FILE_OVERHEAD);
}

// The records of the steps up to the checkpoint were handed to the system before it was begun: they
// are as durable as the checkpoint. The first that is not is told.
static void make_records_durable(const saver *s, char remark[CHECKPOINT_REMARK_SIZE])
{
    static const char *const names[] = {"metrics.jsonl", "proof.jsonl"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[RUN_PATH_SIZE];
        int length = snprintf(path, sizeof path, "%s/%s", s->run, names[i]);
        ASSERT(length < (int)sizeof path);
        if (access(path, F_OK) != 0 || atomic_file_synchronise(path) == ST_OK) continue;
        if (remark[0] == '\0') snprintf(remark, CHECKPOINT_REMARK_SIZE, "%s", status_message());
        status_clear();
    }
}

static status write_copies(saver *s, char remark[CHECKPOINT_REMARK_SIZE])
{
    char path[RUN_PATH_SIZE];
    checkpoint_folder_path(s->run, s->step, path);
    TRY(saver_room(s));
    char records[CHECKPOINT_REMARK_SIZE] = "";
    make_records_durable(s, records);
    TRY(checkpoint_write(path, s->arrays, s->array_count, s->texts, s->text_count));
    TRY(checkpoint_folder_publish(s->run, s->step, &s->keeping, remark));
    if (remark[0] == '\0') memcpy(remark, records, sizeof records);
    return ST_OK;
}

// With the mutex.
static void note_outcome(saver *s, status outcome, const char *remark, double seconds)
{
    s->outcome = outcome;
    s->untold = true;
    snprintf(s->reason, sizeof s->reason, "%s", outcome == ST_OK ? remark : status_message());
    status_clear();
    s->times.writing += seconds;
    if (outcome == ST_OK)
        s->times.written++;
    else
        s->times.failed++;
    double durable = clock_seconds() - s->begun;
    if (durable > s->times.longest) s->times.longest = durable;
    if (s->state == SAVER_WRITING) s->state = SAVER_IDLE;
    pthread_cond_broadcast(&s->changed);
}

static void *write_on_request(void *context)
{
    saver *s = context;
    pthread_mutex_lock(&s->mutex);
    while (s->state != SAVER_ENDING) {
        if (s->state == SAVER_IDLE) {
            pthread_cond_wait(&s->changed, &s->mutex);
            continue;
        }
        pthread_mutex_unlock(&s->mutex);
        double began = clock_seconds();
        char remark[CHECKPOINT_REMARK_SIZE] = "";
        status outcome = write_copies(s, remark);
        double seconds = clock_seconds() - began;
        pthread_mutex_lock(&s->mutex);
        note_outcome(s, outcome, remark, seconds);
    }
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

static status plan_copies(saver *s, const checkpoint_array *arrays, size_t count)
{
    size_t padded = 0;
    for (size_t i = 0; i < count; i++) {
        padded += arena_padded(checkpoint_array_bytes(&arrays[i]));
        s->bytes += checkpoint_array_bytes(&arrays[i]);
    }
    ASSERT(count > 0);
    s->arrays = calloc(count, sizeof *s->arrays);
    CHECK(s->arrays != NULL, ST_INTERNAL, "no memory for the list of a checkpoint's arrays");
    s->array_count = count;
    TRY(arena_create(&s->memory, padded, "the copy of a checkpoint"));
    for (size_t i = 0; i < count; i++) {
        s->arrays[i] = arrays[i];
        s->arrays[i].data = arena_take(&s->memory, checkpoint_array_bytes(&arrays[i]));
        // Pages come into being when they are first written: now, not while the training waits.
        memset(s->arrays[i].data, 0, checkpoint_array_bytes(&arrays[i]));
    }
    return ST_OK;
}

static status copy_texts(saver *s, const checkpoint_text *texts, size_t count)
{
    s->texts = calloc(count, sizeof *s->texts);
    CHECK(s->texts != NULL, ST_INTERNAL, "no memory for a checkpoint's texts");
    s->text_count = count;
    for (size_t i = 0; i < count; i++) {
        s->texts[i] = (checkpoint_text){texts[i].name, strdup(texts[i].value)};
        CHECK(s->texts[i].value != NULL, ST_INTERNAL, "no memory for a checkpoint's texts");
    }
    return ST_OK;
}

// Signals are for the thread that trains.
static status start_writer(saver *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&s->writer, NULL, write_on_request, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    CHECK(failed == 0, ST_INTERNAL, "the thread that writes checkpoints cannot start: %s",
          strerror(failed));
    s->has_writer = true;
    return ST_OK;
}

status saver_create(saver **made, const char *run, const checkpoint_keeping *keeping,
                    const checkpoint_array *arrays, size_t array_count,
                    const checkpoint_text *texts, size_t text_count)
{
    saver *s = calloc(1, sizeof *s);
    CHECK(s != NULL, ST_INTERNAL, "no memory for the writer of checkpoints");
    snprintf(s->run, sizeof s->run, "%s", run);
    s->keeping = *keeping;
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->changed, NULL);
    status made_all = plan_copies(s, arrays, array_count);
    if (made_all == ST_OK) made_all = copy_texts(s, texts, text_count);
    if (made_all == ST_OK) made_all = start_writer(s);
    if (made_all == ST_OK)
        *made = s;
    else
        saver_destroy(s);
    return made_all;
}

uint64_t saver_bytes(const saver *s)
{
    return s->bytes;
}

// With the mutex, which is free while waiting.
static void wait_until_idle(saver *s)
{
    while (s->state == SAVER_WRITING)
        pthread_cond_wait(&s->changed, &s->mutex);
}

// With the mutex.
static void tell_outcome(saver *s)
{
    if (s->untold && s->outcome != ST_OK)
        log_warn("the checkpoint of step %llu is not written: %s; training goes on, the next is "
                 "tried in its time",
                 (unsigned long long)s->step, s->reason);
    if (s->untold && s->outcome == ST_OK && strcmp(s->reason, s->told) != 0) {
        snprintf(s->told, sizeof s->told, "%s", s->reason);
        if (s->reason[0] != '\0')
            log_warn("the checkpoint of step %llu is written, but %s", (unsigned long long)s->step,
                     s->reason);
    }
    s->untold = false;
}

void saver_begin(saver *s, uint64_t step, const checkpoint_array *arrays)
{
    double began = clock_seconds();
    pthread_mutex_lock(&s->mutex);
    wait_until_idle(s);
    tell_outcome(s);
    for (size_t i = 0; i < s->array_count; i++) {
        ASSERT(checkpoint_array_bytes(&arrays[i]) == checkpoint_array_bytes(&s->arrays[i]));
        memcpy(s->arrays[i].data, arrays[i].data, checkpoint_array_bytes(&arrays[i]));
    }
    s->step = step;
    s->begun = began;
    s->state = SAVER_WRITING;
    pthread_cond_broadcast(&s->changed);
    s->times.stalled += clock_seconds() - began;
    pthread_mutex_unlock(&s->mutex);
}

void saver_look(saver *s)
{
    pthread_mutex_lock(&s->mutex);
    if (s->state == SAVER_IDLE) tell_outcome(s);
    pthread_mutex_unlock(&s->mutex);
}

status saver_finish(saver *s)
{
    pthread_mutex_lock(&s->mutex);
    wait_until_idle(s);
    status outcome = s->outcome;
    if (outcome == ST_OK) tell_outcome(s);
    s->untold = false;
    pthread_mutex_unlock(&s->mutex);
    return outcome == ST_OK ? ST_OK
                            : failure(outcome, "the last checkpoint, of step %llu: %s",
                                      (unsigned long long)s->step, s->reason);
}

saver_times saver_get_times(saver *s)
{
    pthread_mutex_lock(&s->mutex);
    saver_times times = s->times;
    pthread_mutex_unlock(&s->mutex);
    return times;
}

void saver_destroy(saver *s)
{
    if (s == NULL) return;
    if (s->has_writer) {
        pthread_mutex_lock(&s->mutex);
        wait_until_idle(s);
        s->state = SAVER_ENDING;
        pthread_cond_broadcast(&s->changed);
        pthread_mutex_unlock(&s->mutex);
        ASSERT(pthread_join(s->writer, NULL) == 0);
    }
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->mutex);
    for (size_t i = 0; i < s->text_count; i++)
        free((char *)s->texts[i].value);
    free(s->texts);
    free(s->arrays);
    arena_destroy(&s->memory);
    free(s);
}
