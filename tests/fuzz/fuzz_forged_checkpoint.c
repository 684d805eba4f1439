// tests/fuzz/fuzz_forged_checkpoint.c -- checkpoints of every method in which fields are changed
// before they are sealed: each reader refuses them, or goes on within its memory.
//
// The first byte chooses the method, the others changes (choices.h). Without any the file is good.
#include "io/checkpoint/checkpoint_format.h"
#include "tests/fuzz/choices.h"
#include "tests/fuzz/forging.h"
#include "tests/fuzz/input.h"
#include "tests/io/forged_checkpoint.h"
#include "tests/trainer/restored_trial.h"
#include "trainer/commands/verify_newest.h"
#include "trainer/job/plugins.h"
#include "trainer/run/checkpoint_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_METHODS 16
#define MOST_ARRAYS  256
#define MOST_BYTES   ((size_t)1 << 22) // of an array with contents
#define MOST_CHANGED ((size_t)1 << 16) // of one whose size was changed
#define TEXTS        4

// Tells of the training's data; a training without data has none of its own.
static const char *const data_names[] = {
    "data/mean",           "data/deviation",        "data/range",  "data/hash",
    "data/whitening/mean", "data/whitening/matrix", "data/samples"};
#define DATA_NAMES (sizeof data_names / sizeof *data_names)

static const char *const texts_of[TEXTS] = {"job", "method", "versions", "instruction_set"};

// A checkpoint in the making.
typedef struct forgery {
    forged_checkpoint wanted;
    forged_array arrays[MOST_ARRAYS];
    size_t count;
    checkpoint_text texts[TEXTS];
    char values[TEXTS][64];
    void *owned[MOST_ARRAYS + 64]; // contents of the arrays
    size_t owned_count;
} forgery;

static char run[64], file[RUN_PATH_SIZE]; // a run folder, and its checkpoint
static restored_trial trials[MOST_METHODS];

static void remove_run(void)
{
    char path[RUN_PATH_SIZE];
    (void)unlink(file);
    snprintf(path, sizeof path, "%s/proof.jsonl", run);
    (void)unlink(path);
    snprintf(path, sizeof path, "%s/" RUN_CHECKPOINTS, run);
    (void)rmdir(path);
    (void)rmdir(run);
}

static void make_run(void)
{
    char path[RUN_PATH_SIZE];
    snprintf(run, sizeof run, "%s/run", forging_folder());
    snprintf(path, sizeof path, "%s/" RUN_CHECKPOINTS, run);
    if (mkdir(run, 0700) != 0 || mkdir(path, 0700) != 0) abort();
    snprintf(path, sizeof path, "%s/proof.jsonl", run);
    FILE *proof = fopen(path, "w");
    if (proof == NULL || fclose(proof) != 0 || atexit(remove_run) != 0) abort();
}

// New contents of so many bytes, begun with what there was; NULL: too many.
static void *take_bytes(forgery *f, const void *from, size_t now, size_t bytes)
{
    if (bytes > MOST_BYTES || f->owned_count == sizeof f->owned / sizeof *f->owned) return NULL;
    void *data = calloc(1, bytes + 8);
    if (data == NULL) abort();
    if (from != NULL) memcpy(data, from, now < bytes ? now : bytes);
    f->owned[f->owned_count++] = data;
    return data;
}

// Bytes of the array's shape; MOST_BYTES + 1: more than are filled.
static size_t bytes_of(const checkpoint_array *array)
{
    size_t bytes = array->type == ARRAY_F32 ? 4 : 8;
    for (int i = 0; i < array->rank; i++)
        if (__builtin_mul_overflow(bytes, array->dims[i], &bytes)) return MOST_BYTES + 1;
    return bytes < MOST_BYTES ? bytes : MOST_BYTES + 1;
}

// After its shape has changed: contents that fit, or none.
static void fit(forgery *f, forged_array *a, size_t before)
{
    size_t bytes = bytes_of(&a->told);
    const void *old = a->told.data;
    a->told.data = bytes <= MOST_CHANGED ? take_bytes(f, old, before, bytes) : NULL;
    if (a->told.data == NULL && a->layout != FORGED_EXTERNAL) a->layout = FORGED_UNALLOCATED;
}

static void begin(forgery *f, const restored_trial *t)
{
    *f = (forgery){.count = t->count};
    ASSERT(t->count + DATA_NAMES < MOST_ARRAYS);
    for (size_t i = 0; i < t->count; i++) {
        forged_array *a = &f->arrays[i];
        size_t bytes = checkpoint_array_bytes(&t->arrays[i]);
        ASSERT(bytes <= MOST_BYTES);
        a->told = t->arrays[i];
        a->told.data = take_bytes(f, t->first[i], bytes, bytes);
    }
    for (int i = 0; i < TEXTS; i++) {
        snprintf(f->values[i], sizeof f->values[i], "%s",
                 strcmp(texts_of[i], "method") == 0 ? t->trial.job.method->name : "x");
        f->texts[i] = (checkpoint_text){texts_of[i], f->values[i]};
    }
}

static void change_element(forgery *f, forged_array *a, choices *c)
{
    size_t size = a->told.type == ARRAY_F32 ? 4 : 8, bytes = bytes_of(&a->told);
    (void)f;
    if (a->told.data == NULL || bytes < size || bytes > MOST_BYTES) return;
    size_t place = (size_t)(choices_number(c, 0) % (bytes / size));
    char *at = (char *)a->told.data + place * size;
    uint64_t now = 0;
    memcpy(&now, at, size);
    now = choices_number(c, now);
    memcpy(at, &now, size);
}

static void change_shape(forgery *f, forged_array *a, choices *c)
{
    size_t before = bytes_of(&a->told);
    switch (choices_one(c, 3)) {
    case 0:
        a->told.rank = (int)choices_one(c, 5);
        break;
    case 1:
        a->told.type = (array_type)choices_one(c, ARRAY_U64 + 1);
        break;
    default: {
        uint64_t *size = &a->told.dims[choices_one(c, 4)];
        *size = choices_number(c, *size);
    }
    }
    fit(f, a, before);
}

static hid_t choose_type(choices *c)
{
    const hid_t types[] = {0,
                           H5T_STD_U64LE,
                           H5T_STD_I64LE,
                           H5T_STD_U8LE,
                           H5T_STD_U64BE,
                           H5T_IEEE_F32LE,
                           H5T_IEEE_F32BE,
                           H5T_IEEE_F64LE,
                           H5T_STD_B64LE,
                           H5T_C_S1};
    return types[choices_one(c, sizeof types / sizeof *types)];
}

static void change_storage(forgery *f, forged_array *a, choices *c)
{
    (void)f;
    switch (choices_one(c, 5)) {
    case 0:
        a->type = choose_type(c);
        break;
    case 1:
        a->layout = (forged_layout)choices_one(c, FORGED_LAYOUTS);
        if (a->layout > FORGED_CHUNKED) a->told.data = NULL;
        break;
    case 2:
        a->hash_type = choose_type(c);
        break;
    case 3:
        a->hash_count = choices_one(c, 256) * 32;
        break;
    default:
        a->hash_change = choices_number(c, 0);
    }
}

static void change_name(forgery *f, forged_array *a, choices *c)
{
    size_t way = choices_one(c, DATA_NAMES + 4);
    if (way < DATA_NAMES)
        snprintf(a->told.name, sizeof a->told.name, "%s", data_names[way]);
    else if (way == DATA_NAMES)
        snprintf(a->told.name, sizeof a->told.name, "a%0180d", 0);
    else if (way == DATA_NAMES + 1) // drop it
        *a = f->arrays[--f->count];
    else
        a->told.name[choices_one(c, strlen(a->told.name))] = (char)('!' + choices_one(c, 90));
}

// One more array, of the data that was trained on.
static void add_data(forgery *f, forged_array *a, choices *c)
{
    (void)a;
    if (f->count == MOST_ARRAYS) return;
    size_t which = choices_one(c, DATA_NAMES);
    uint64_t size = choices_one(c, 4) + 1;
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->arrays[i].told.name, data_names[which]) == 0) return;
    forged_array *added = &f->arrays[f->count++];
    bool number = strcmp(data_names[which], "data/hash") == 0 ||
                  strcmp(data_names[which], "data/samples") == 0;
    *added = (forged_array){.told = {.rank = 1, .dims = {size, size}}};
    snprintf(added->told.name, sizeof added->told.name, "%s", data_names[which]);
    if (strstr(data_names[which], "matrix") != NULL) added->told.rank = 2;
    if (number) added->told.type = ARRAY_U64, added->told.rank = 0;
    fit(f, added, 0);
    const float one = 1;
    char *contents = added->told.data;
    size_t bytes = bytes_of(&added->told);
    for (size_t i = 0; contents != NULL && !number && i + sizeof one <= bytes; i += sizeof one)
        memcpy(contents + i, &one, sizeof one);
}

static void change_rest(forgery *f, forged_array *a, choices *c)
{
    (void)a;
    size_t which = choices_one(c, TEXTS), used;
    switch (choices_one(c, 6)) {
    case 0:
        used = choices_bytes(c, f->values[which], choices_one(c, sizeof f->values[which]));
        f->values[which][used] = '\0';
        break;
    case 1:
        f->texts[which].name = data_names[choices_one(c, DATA_NAMES)];
        break;
    case 2:
        f->wanted.format = choices_one(c, 2) == 0 ? "basin-shard" : "";
        break;
    case 3:
        f->wanted.version_type = choose_type(c);
        break;
    case 4:
        f->wanted.version_count = choices_one(c, 256) * 32;
        break;
    default:
        f->wanted.manifest_change = choices_number(c, 0);
    }
}

static void change(forgery *f, choices *c)
{
    static void (*const ways[])(forgery *, forged_array *, choices *) = {
        change_element, change_element, change_shape, change_storage,
        change_name,    add_data,       change_rest};
    if (f->count == 0) return;
    forged_array *a = &f->arrays[choices_one(c, f->count)];
    ways[choices_one(c, sizeof ways / sizeof *ways)](f, a, c);
}

// The step that the file says it is of.
static uint64_t step_of(const forgery *f)
{
    uint64_t step = 0;
    for (size_t i = 0; i < f->count; i++) {
        const checkpoint_array *told = &f->arrays[i].told;
        size_t bytes = bytes_of(told);
        bool holds = told->data != NULL && bytes >= sizeof step && bytes <= MOST_BYTES;
        if (strcmp(told->name, "step") == 0 && holds) memcpy(&step, told->data, sizeof step);
    }
    return step;
}

// *step: of the file's name.
static bool write_forgery(forgery *f, uint64_t *step)
{
    (void)unlink(file);
    *step = step_of(f);
    checkpoint_folder_path(run, *step, file);
    f->wanted.arrays = f->arrays;
    f->wanted.array_count = f->count;
    f->wanted.texts = f->texts;
    f->wanted.text_count = TEXTS;
    bool made = forge_checkpoint(file, &f->wanted);
    for (size_t i = 0; i < f->owned_count; i++)
        free(f->owned[i]);
    return made;
}

// All that the file says it holds, into memory of that size.
static void read_all(const char *path)
{
    checkpoint *c = NULL;
    uint64_t hash;
    if (checkpoint_open(&c, path) != ST_OK) {
        status_clear();
        return;
    }
    if (checkpoint_hash(c, "", &hash) != ST_OK) status_clear();
    for (size_t i = 0; i < checkpoint_count(c); i++) {
        checkpoint_array array = {.data = NULL};
        checkpoint_describe(c, i, &array);
        array.data = malloc(checkpoint_array_bytes(&array));
        if (array.data != NULL && checkpoint_read(c, &array) != ST_OK) status_clear();
        free(array.data);
    }
    checkpoint_close(c);
}

// How commands read a checkpoint, one of them a trial: HDF5 takes its time to open a file.
static void read_again(restored_trial *t, size_t way)
{
    verify_newest newest;
    switch (way) {
    case 0:
    case 1:
        forging_inspect(file, way == 1);
        break;
    case 2:
        (void)verify_newest_read(&newest, run);
        verify_newest_destroy(&newest);
        break;
    case 3:
        (void)weights_read(t->trial.training.learned, file);
        restored_trial_reset(t);
        break;
    default:
        read_all(file);
    }
    status_clear();
}

// Returns whether the training would go on.
static bool resume(restored_trial *t, uint64_t step)
{
    bool resumed = snapshot_resume(&t->trial.training, step) == ST_OK;
    status_clear();
    if (resumed) (void)restored_trial_goes_on(t);
    view_statistics_destroy(&t->trial.training.data_statistics);
    restored_trial_reset(t);
    return resumed;
}

// The trial of a method, made when it is first wanted; then its unchanged state must be accepted.
static restored_trial *trial_of(const char *method, size_t number)
{
    static forgery f; // too large for a stack
    restored_trial *t = &trials[number];
    if (t->count > 0) return t;
    if (restored_trial_open(t, forging_world(), method) != ST_OK) abort();
    snprintf(t->trial.job.run, sizeof t->trial.job.run, "%s", run);
    begin(&f, t);
    uint64_t step;
    ASSERT(write_forgery(&f, &step) && resume(t, step));
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static forgery f;
    choices c = {data, size};
    plugin p;
    size_t methods = 0;
    if (run[0] == '\0') make_run();
    while (plugin_at(PLUGIN_METHOD, (int)methods, &p))
        methods++;
    size_t number = choices_one(&c, methods);
    ASSERT(methods <= MOST_METHODS && plugin_at(PLUGIN_METHOD, (int)number, &p));
    restored_trial *t = trial_of(p.name, number);
    size_t way = choices_one(&c, 5);
    uint64_t step;
    begin(&f, t);
    for (int i = 0; i < 16 && choices_more(&c); i++)
        change(&f, &c);
    if (write_forgery(&f, &step)) {
        read_again(t, way);
        (void)resume(t, step);
    }
    forging_check_closed();
    return 0;
}
