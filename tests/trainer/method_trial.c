// tests/trainer/method_trial.c -- a job from a few lines, batches, steps, and the state as bytes.
#include "tests/trainer/method_trial.h"

#include "base/rng.h"
#include "comm/agree.h"
#include "tests/allocations.h"
#include "trainer/job/plugins.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { SAMPLES = 40, CHANNELS = 3, SIDE = 8 };

// A line of the job, for methods that read any of these sections; 0: for all.
typedef struct job_line {
    unsigned sections;
    const char *text;
} job_line;

static const job_line lines[] = {
    {0, "run: none"},
    {0, "seed: 3"},
    {0, "workers: 4"},
    {0, "batch: 16"},
    {0, "data: {train: none}"},
    {0, "optimizer: {name: sgd, lr: 0.05}"},
    {0, "schedule: {name: cosine, epochs: 3}"},
    {SECTION_MODEL, "model: {net: convnet, width: 2, dim: 8}"},
    {SECTION_DECODER, "decoder: {name: convnet, width: 2}"},
    {SECTION_INFERENCE, "encoder: {name: tanh}"},
    {SECTION_INFERENCE, "penalty: {lambda: 0.1}"},
    {SECTION_INFERENCE, "solver: {name: working_set}"},
};

// What makes a method small; others are as they come.
static const char *const small[][2] = {
    {"moco", "queue: 30"}, // no multiple of the batch
    {"sparse", "atoms: 6, kernel: 3, reseed_every: 2"},
};

static const char *small_keys(const char *method)
{
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (strcmp(small[i][0], method) == 0) return small[i][1];
    return "";
}

static size_t key_length(const char *line)
{
    return strcspn(line, ":") + 1;
}

// The line that begins like this one, up to the colon; NULL: there is none.
static const char *find_line(const char *text, const char *line)
{
    for (; *text != '\0'; text += strcspn(text, "\n"), text += *text == '\n')
        if (strncmp(text, line, key_length(line)) == 0) return text;
    return NULL;
}

static bool is_common(const char *line)
{
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (strncmp(lines[i].text, line, key_length(line)) == 0) return true;
    return false;
}

static void add_line(char *text, size_t size, const char *line)
{
    size_t used = strlen(text);
    int length = snprintf(text + used, size - used, "%.*s\n", (int)strcspn(line, "\n"), line);
    ASSERT(used + (size_t)length < size);
}

static status make_job(job *j, const method_settings *s)
{
    char text[2048];
    const char *keys = small_keys(s->method), *own = s->own;
    plugin p;
    TRY(plugin_find(PLUGIN_METHOD, s->method, "trial", &p));
    const method_type *method = p.type;
    snprintf(text, sizeof text, "method: {name: %s%s%s%s%s}\n", s->method,
             keys[0] != '\0' ? ", " : "", keys, own[0] != '\0' ? ", " : "", own);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *other = find_line(s->sections, lines[i].text);
        if (lines[i].sections == 0 || (lines[i].sections & method->sections) != 0)
            add_line(text, sizeof text, other != NULL ? other : lines[i].text);
    }
    for (const char *at = s->sections; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n')
        if (!is_common(at)) add_line(text, sizeof text, at);
    return job_parse(j, text, "trial");
}

static status take_memory(method_trial *t)
{
    const training *k = &t->training;
    size_t rows = (size_t)k->workers.count * (size_t)k->workers.batch;
    size_t floats = rows * shape_count(k->view) * sizeof(float), ids = rows * sizeof(uint64_t);
    TRY(arena_create(&t->memory, LOADER_MAX_VIEWS * (arena_padded(floats) + arena_padded(ids)),
                     "a batch"));
    for (int v = 0; v < LOADER_MAX_VIEWS; v++) {
        t->batch.views[v] = t->views[v] = arena_take(&t->memory, floats);
        t->batch.ids[v] = t->ids[v] = arena_take(&t->memory, ids);
    }
    return ST_OK;
}

status method_trial_open(method_trial *t, const world *w, const method_settings *settings)
{
    *t = (method_trial){0};
    TRY(agree(w, make_job(&t->job, settings)));
    TRY(training_open_without_data(&t->training, w, &t->job, (shape){1, CHANNELS, SIDE, SIDE},
                                   SAMPLES));
    const method_type *method = t->job.method;
    t->view_count = method->views(&t->job.method_config, t->slots);
    return agree(w, take_memory(t));
}

// What all draws of a sample have in common, and something of their own.
static void make_image(float *pixels, size_t count, uint64_t id, int draw)
{
    rng common = rng_open(1, RNG_TEST, 0, id, 0);
    rng own = rng_open(1, RNG_TEST, 0, id, 1 + (uint32_t)draw);
    for (size_t i = 0; i < count; i++)
        pixels[i] = rng_normal(&common) + 0.3f * rng_normal(&own);
}

const batch *method_trial_batch(method_trial *t)
{
    const training *k = &t->training;
    size_t rows = (size_t)k->workers.count * (size_t)k->workers.batch;
    size_t first = (size_t)k->workers.first * (size_t)k->workers.batch;
    size_t floats = shape_count(k->view);
    t->batch.step = k->step;
    for (int v = 0; v < t->view_count; v++)
        for (size_t r = 0; r < rows; r++) {
            uint64_t at = first + r;
            if (t->slots[v].shuffled) at = order_shuffled(&k->order, k->step, at);
            t->ids[v][r] = order_sample(&k->order, k->step, at);
            make_image(t->views[v] + r * floats, floats, t->ids[v][r], t->slots[v].draw);
        }
    return &t->batch;
}

status method_trial_run(method_trial *t, uint64_t end, int *allocations)
{
    step_outcome outcome;
    while (t->training.step < end) {
        const batch *b = method_trial_batch(t);
        int before = allocation_count();
        TRY(training_step(&t->training, b, &outcome));
        *allocations += allocation_count() - before;
    }
    return ST_OK;
}

// Calls take(bytes, size) of each array of the state in turn.
typedef void take_bytes(void *context, void *bytes, size_t size);

static void for_state(method_trial *t, take_bytes *take, void *context)
{
    size_t count = snapshot_describe(&t->training, NULL);
    checkpoint_array *arrays = calloc(count, sizeof *arrays);
    if (arrays == NULL) abort();
    ASSERT(snapshot_describe(&t->training, arrays) == count);
    for (size_t i = 0; i < count; i++)
        take(context, arrays[i].data, checkpoint_array_bytes(&arrays[i]));
    free(arrays);
}

static void take_hash(void *context, void *bytes, size_t size)
{
    uint64_t *hash = context;
    *hash = XXH3_64bits_withSeed(bytes, size, *hash);
}

static void take_size(void *context, void *bytes, size_t size)
{
    (void)bytes;
    *(size_t *)context += size;
}

static void take_out(void *context, void *bytes, size_t size)
{
    unsigned char **to = context;
    memcpy(*to, bytes, size);
    *to += size;
}

static void take_in(void *context, void *bytes, size_t size)
{
    const unsigned char **from = context;
    memcpy(bytes, *from, size);
    *from += size;
}

uint64_t method_trial_hash(method_trial *t)
{
    uint64_t hash = 0;
    for_state(t, take_hash, &hash);
    return hash;
}

size_t method_trial_state_size(method_trial *t)
{
    size_t size = 0;
    for_state(t, take_size, &size);
    return size;
}

void method_trial_save(method_trial *t, void *state)
{
    for_state(t, take_out, &state);
}

void method_trial_restore(method_trial *t, const void *state)
{
    for_state(t, take_in, &state);
}

// One group of workers; the loss is added, and the gradient where one is wanted.
static double run_group(method_trial *t, const method_step *step, worker_group group, float *floats,
                        float *gradient)
{
    training *k = &t->training;
    size_t size = training_leaf_floats(k);
    method_leaf leaves[METHOD_TRIAL_WORKERS];
    double loss = 0;
    memset(floats, 0, (size_t)group.count * size * sizeof *floats);
    for (int i = 0; i < group.count; i++)
        leaves[i] = training_leaf_parts(k, floats + (size_t)i * size);
    if (k->model != NULL)
        model_run(k->model, step, group, leaves);
    else
        k->job->method->run(k->method, step, group, leaves);
    for (int i = 0; i < group.count; i++) {
        loss += (double)leaves[i].metrics[0];
        for (size_t p = 0; gradient != NULL && p < k->learned->param_count; p++)
            gradient[p] += leaves[i].gradient[p];
    }
    return loss;
}

double method_trial_energy(method_trial *t, float *gradient)
{
    training *k = &t->training;
    status trouble = ST_OK;
    method_step step = {
        .step = k->step, .batch = method_trial_batch(t), .phases = &k->phases, .trouble = &trouble};
    worker_group group = {.count = graph_meets(k->learned->graph) ? k->workers.count : 1};
    float *floats = calloc((size_t)group.count * training_leaf_floats(k), sizeof *floats);
    if (floats == NULL) abort();
    ASSERT(k->world->size == 1);
    if (gradient != NULL) memset(gradient, 0, k->learned->param_count * sizeof *gradient);
    if (k->model != NULL)
        model_prepare(k->model, &step);
    else
        k->job->method->begin(k->method, &step);
    double loss = 0;
    for (; group.first < k->workers.count; group.first += group.count)
        loss += run_group(t, &step, group, floats, gradient);
    ASSERT(trouble == ST_OK);
    free(floats);
    return loss;
}

void method_trial_close(method_trial *t)
{
    if (t->training.job != NULL) training_close(&t->training);
    arena_destroy(&t->memory);
    job_destroy(&t->job);
    *t = (method_trial){0};
}
