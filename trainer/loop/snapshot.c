// trainer/loop/snapshot.c -- a training as a checkpoint: what it holds, handed to the saver and
// read back.
//
//   step                           position; order and random draws follow from it and the seed
//   query/... or the method's      learned parameters and running statistics, names as in PyTorch
//   optimizer/momentum/...         the optimizer's state, a tensor for each parameter
//   whatever the method describes  (key/..., queue, queue_ids, queue_pointer)
//   data/mean, data/deviation      of the training data, (C) in 0..1: what all images are
//                                  normalised by;
//   data/whitening/...             mean and matrix, of a recipe that whitens
//   data/hash, data/samples        what the training data was, to notice another at resume
//   texts: job, method, versions, instruction_set
#include "trainer/loop/training.h"

#include "base/log.h"
#include "models/kernels/version.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// What training changes.
static size_t describe_state(training *t, checkpoint_array *arrays)
{
    size_t count = 0;
    if (arrays != NULL) arrays[0] = (checkpoint_array){"step", ARRAY_U64, 0, {0}, &t->step};
    count++;
    count += weights_describe_params(t->learned, t->learned->prefix, t->learned->params,
                                     arrays != NULL ? arrays + count : NULL);
    count += weights_describe_statistics(t->learned, t->learned->prefix,
                                         arrays != NULL ? arrays + count : NULL);
    for (int i = 0; i < OPTIMIZER_MAX_STATES && t->job->optimizer->state_names[i] != NULL; i++) {
        char prefix[64];
        snprintf(prefix, sizeof prefix, "optimizer/%s", t->job->optimizer->state_names[i]);
        count += weights_describe_params(t->learned, prefix, t->optimizer_states[i],
                                         arrays != NULL ? arrays + count : NULL);
    }
    if (t->job->method->describe == NULL) return count;
    return count + t->job->method->describe(t->method, arrays != NULL ? arrays + count : NULL);
}

#define DATA_HASH    CHECKPOINT_DATA "hash"
#define DATA_SAMPLES CHECKPOINT_DATA "samples"

// Which data was trained on last; nothing in a training without data.
static size_t describe_data(training *t, checkpoint_array *arrays)
{
    if (t->data == NULL) return 0;
    if (arrays != NULL) {
        arrays[0] = (checkpoint_array){DATA_HASH, ARRAY_U64, 0, {0}, &t->data_hash};
        arrays[1] = (checkpoint_array){DATA_SAMPLES, ARRAY_U64, 0, {0}, &t->data_samples};
    }
    return 2;
}

size_t snapshot_describe(training *t, checkpoint_array *arrays)
{
    size_t count = describe_state(t, arrays);
    count += view_statistics_describe(&t->data_statistics, arrays != NULL ? arrays + count : NULL);
    return count + describe_data(t, arrays != NULL ? arrays + count : NULL);
}

static status list_arrays(training *t, size_t (*describe)(training *, checkpoint_array *),
                          checkpoint_array **arrays, size_t *count)
{
    *count = describe(t, NULL);
    *arrays = calloc(*count, sizeof **arrays);
    CHECK(*arrays != NULL, ST_INTERNAL, "no memory for the list of a checkpoint's arrays");
    ASSERT(describe(t, *arrays) == *count);
    return ST_OK;
}

// What the bits depend on beside the job.
typedef struct machine_texts {
    char versions[256], instructions[64];
} machine_texts;

static void describe_machine(machine_texts *m)
{
    kernels_versions(m->versions, sizeof m->versions);
    kernels_instruction_set(m->instructions, sizeof m->instructions);
}

static checkpoint_keeping keeping_of(const training *t)
{
    const job_checkpoint *wanted = &t->job->checkpoint;
    uint64_t regular = t->steps_per_epoch * (uint64_t)wanted->every;
    return (checkpoint_keeping){wanted->keep, regular, regular * (uint64_t)wanted->keep_every};
}

status snapshot_prepare(training *t)
{
    machine_texts machine;
    describe_machine(&machine);
    const checkpoint_text texts[] = {{"job", t->job->resolved},
                                     {"method", t->job->method->name},
                                     {"versions", machine.versions},
                                     {"instruction_set", machine.instructions}};
    checkpoint_keeping keeping = keeping_of(t);
    TRY(list_arrays(t, snapshot_describe, &t->arrays, &t->array_count));
    return saver_create(&t->saver, t->job->run, &keeping, t->arrays, t->array_count, texts, 4);
}

void snapshot_begin(training *t)
{
    ASSERT(snapshot_describe(t, t->arrays) == t->array_count);
    saver_begin(t->saver, t->step, t->arrays);
}

static status read_all(training *t, checkpoint *c)
{
    checkpoint_array *arrays;
    size_t count;
    TRY(list_arrays(t, describe_state, &arrays, &count));
    status s = ST_OK;
    for (size_t i = 0; i < count && s == ST_OK; i++)
        s = checkpoint_read(c, &arrays[i]);
    free(arrays);
    TRY(s);
    return view_statistics_read(&t->data_statistics, c, t->job);
}

status snapshot_validate(const training *t)
{
    CHECK(t->step < ORDER_MOST_STEPS, ST_BAD_DATA, "\"step\" is %" PRIu64 ", which no run reaches",
          t->step);
    const method_type *method = t->job->method;
    return method->validate != NULL ? method->validate(t->method) : ST_OK;
}

// The same, of the checkpoint that has been read.
static status validate(const training *t, uint64_t step, const char *path)
{
    CHECK(t->step == step, ST_BAD_DATA,
          "%s: is of step %" PRIu64 " by its contents: give it its own name, or use an older one",
          path, t->step);
    status s = snapshot_validate(t);
    if (s == ST_OK) return ST_OK;
    char reason[1024];
    snprintf(reason, sizeof reason, "%s", status_message());
    status_clear();
    return failure(s, "%s: %s: use an older checkpoint", path, reason);
}

// Does `text` hold `line` (length bytes) in the section of this name ("" = top level)? A resolved
// job has one key a line, sections start in the first column.
static bool has_line(const char *text, const char *section, const char *line, size_t length)
{
    char here[CONFIG_TEXT_SIZE] = "";
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        if (text[0] != ' ')
            snprintf(here, sizeof here, "%.*s", (int)size, text[size - 1] == ':' ? text : "");
        if (strcmp(here, section) == 0 && size == length && strncmp(text, line, length) == 0)
            return true;
        text += size + (text[size] == '\n');
    }
    return false;
}

// Keys that may change between the parts of a run without changing its result.
static bool is_free(const char *section, const char *line)
{
    static const char *const free_starts[] = {
        "run:", "stop_after:", "max_time:", "log_every:", "trace:", "  test:", "  changed:", NULL};
    static const char *const free_sections[] = {"evaluate:", "checkpoint:", "watch:", NULL};
    for (int i = 0; free_sections[i] != NULL; i++)
        if (strcmp(section, free_sections[i]) == 0) return true;
    for (int i = 0; free_starts[i] != NULL; i++)
        if (strncmp(line, free_starts[i], strlen(free_starts[i])) == 0) return true;
    return false;
}

// Warns of each key of the job that is not as in the checkpoint's.
static void compare_jobs(const char *now, const char *then)
{
    char section[CONFIG_TEXT_SIZE] = "";
    for (const char *line = now; *line != '\0';) {
        size_t size = strcspn(line, "\n");
        bool opens = size > 0 && line[0] != ' ' && line[size - 1] == ':';
        if (line[0] != ' ') snprintf(section, sizeof section, "%.*s", opens ? (int)size : 0, line);
        if (!opens && !is_free(section, line) && !has_line(then, section, line, size)) {
            const char *key = line + strspn(line, " ");
            log_warn("the run began with another job: now %s%s%.*s; its result will not be that of "
                     "one uninterrupted run",
                     section, section[0] != '\0' ? " " : "", (int)(line + size - key), key);
        }
        line += size + (line[size] == '\n');
    }
}

// The same libraries and instructions are needed for the same bits.
static void compare_machines(checkpoint *c)
{
    machine_texts now;
    describe_machine(&now);
    const char *const names[] = {"versions", "instruction_set"};
    const char *const values[] = {now.versions, now.instructions};
    for (int i = 0; i < 2; i++) {
        const char *then = checkpoint_get_text(c, names[i]);
        if (then != NULL && strcmp(then, values[i]) != 0)
            log_warn("the run began with %s, and goes on with %s: the last bits may differ from an "
                     "uninterrupted run's",
                     then, values[i]);
    }
}

// Other data than before is refused, or told of where the job accepts it.
static status compare_data(const training *t, checkpoint *c)
{
    uint64_t hash, samples;
    checkpoint_array then = {DATA_HASH, ARRAY_U64, 0, {0}, &hash};
    checkpoint_array count = {DATA_SAMPLES, ARRAY_U64, 0, {0}, &samples};
    if (!checkpoint_find(c, DATA_HASH, &(checkpoint_array){.rank = 0})) return ST_OK; // older
    TRY(checkpoint_read(c, &then));
    TRY(checkpoint_read(c, &count));
    if (hash == t->data_hash) return ST_OK;
    char what[160];
    if (samples == t->data_samples)
        snprintf(what, sizeof what, "as many images, %llu, but others, or stored in another way",
                 (unsigned long long)samples);
    else
        snprintf(what, sizeof what, "now %llu images, then %llu",
                 (unsigned long long)t->data_samples, (unsigned long long)samples);
    CHECK(
        strcmp(t->job->data.changed, "accept") == 0, ST_BAD_DATA,
        "%s: data.train is not the data that the run was trained on (%s); bring that back, choose "
        "another run folder, or go on with data.changed=accept",
        t->job->run, what);
    log_warn("data.train is not the data that the run was trained on (%s); its result will not be "
             "that of one run on either",
             what);
    return ST_OK;
}

// Methods may have arrays of the same names and sizes.
static status check_method(const training *t, const checkpoint *c)
{
    const char *then = checkpoint_get_text(c, "method"), *now = t->job->method->name;
    CHECK(then == NULL || strcmp(then, now) == 0, ST_BAD_DATA,
          "%s: was trained by method %s, and this job is of method %s; choose another run folder",
          t->job->run, then, now);
    return ST_OK;
}

status snapshot_resume(training *t, uint64_t step)
{
    char path[RUN_PATH_SIZE];
    checkpoint_folder_path(t->job->run, step, path);
    checkpoint *c;
    TRY(checkpoint_open(&c, path));
    status s = check_method(t, c);
    if (s == ST_OK) s = compare_data(t, c);
    if (s == ST_OK) s = read_all(t, c);
    if (s == ST_OK) s = validate(t, step, path);
    const char *then = checkpoint_get_text(c, "job");
    if (s == ST_OK && then != NULL) compare_jobs(t->job->resolved, then);
    if (s == ST_OK) compare_machines(c);
    checkpoint_close(c);
    return s;
}
