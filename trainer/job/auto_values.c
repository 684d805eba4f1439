// trainer/job/auto_values.c -- a job is read with numbers in the place of `auto`, its samples are
// counted, and the numbers chosen.
#include "trainer/job/auto_values.h"

#include "base/log.h"
#include "io/views/loader.h"
#include "trainer/job/data_section.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH, QUEUE, MOMENTUM, NEIGHBOURS, KEYS };

static const char *const keys[KEYS] = {"batch", "method.queue", "method.momentum",
                                       "evaluate.knn.k"};
static const char *const placeholders[KEYS] = {"65536", "1", "0", "1"};

// The largest power of 2 of low .. high that is not above x; low when x is below it.
static int64_t power_below(double x, int64_t low, int64_t high)
{
    int64_t power = low;
    while (power < high && (double)(2 * power) <= x)
        power *= 2;
    return power;
}

auto_values auto_values_choose(uint64_t samples, uint64_t epochs, int64_t given)
{
    double n = (double)samples;
    auto_values v = {.batch = given};
    if (given == 0) v.batch = power_below(n / 8, 16, 256);
    if (given == 0 && (double)v.batch > n) v.batch = (int64_t)samples;
    v.queue = power_below(n / 10, 8, 65536);
    double steps = floor(n / (double)v.batch) * (double)epochs;
    double momentum = steps > 0 ? 1 - 10 / steps : 0;
    momentum = fmin(fmax(momentum, 0.9), 0.999);
    v.momentum = round(momentum * 1000) / 1000;
    double root = floor(sqrt(n));
    v.neighbours = (int64_t)fmin(fmax(root, 1), 200);
    return v;
}

static status find_keys(const char *path, int count, char *const *overrides, bool found[KEYS])
{
    config *c;
    TRY(config_load(&c, path, count, overrides));
    status s = ST_OK;
    for (int i = 0; i < KEYS && s == ST_OK; i++) {
        char text[CONFIG_TEXT_SIZE];
        s = config_selected(c, keys[i], "", text);
        found[i] = s == ST_OK && strcmp(text, "auto") == 0;
    }
    config_destroy(c);
    return s;
}

// Those overrides with one for each key that is `auto`.
static status append(int count, char *const *overrides, const bool found[KEYS],
                     char texts[KEYS][CONFIG_TEXT_SIZE], char ***all, int *all_count)
{
    *all_count = 0;
    *all = calloc((size_t)count + KEYS, sizeof **all);
    CHECK(*all != NULL, ST_INTERNAL, "no memory for the command line");
    for (int i = 0; i < count + KEYS; i++) {
        char **next = &(*all)[*all_count];
        if (i >= count && !found[i - count]) continue;
        if (i < count)
            *next = strdup(overrides[i]);
        else if (asprintf(next, "%s=%s", keys[i - count], texts[i - count]) < 0)
            *next = NULL;
        CHECK(*next != NULL, ST_INTERNAL, "no memory for the command line");
        ++*all_count;
    }
    return ST_OK;
}

void auto_values_free(char **all, int count)
{
    for (int i = 0; all != NULL && i < count; i++)
        free(all[i]);
    free(all);
}

// What the run's own job.yaml says; false: there is none yet.
static bool read_kept(const job *j, char texts[KEYS][CONFIG_TEXT_SIZE])
{
    char path[PATH_MAX];
    config *c = NULL;
    snprintf(path, sizeof path, "%s/job.yaml", j->run);
    if (access(path, R_OK) != 0) return false;
    bool good = config_load(&c, path, 0, NULL) == ST_OK;
    for (int i = 0; i < KEYS && good; i++)
        good = config_selected(c, keys[i], placeholders[i], texts[i]) == ST_OK;
    config_destroy(c);
    status_clear(); // who starts the run looks at that file
    return good;
}

static status choose(const job *j, const bool found[KEYS], char texts[KEYS][CONFIG_TEXT_SIZE])
{
    uint64_t stored;
    const dataset_source source = job_source(j, j->data.train);
    TRY(dataset_count(&source, &stored));
    uint64_t samples = loader_samples(stored, (uint64_t)j->data.patches);
    auto_values v =
        auto_values_choose(samples, (uint64_t)j->schedule.epochs, found[BATCH] ? 0 : j->batch);
    // Every worker has as many.
    if (found[BATCH]) v.batch -= v.batch % j->workers;
    CHECK(v.batch > 0, ST_CONFIG,
          "batch: auto: %" PRIu64 " samples are too few for %lld workers; take fewer workers",
          samples, (long long)j->workers);
    snprintf(texts[BATCH], CONFIG_TEXT_SIZE, "%lld", (long long)v.batch);
    snprintf(texts[QUEUE], CONFIG_TEXT_SIZE, "%lld", (long long)v.queue);
    snprintf(texts[MOMENTUM], CONFIG_TEXT_SIZE, "%g", v.momentum);
    snprintf(texts[NEIGHBOURS], CONFIG_TEXT_SIZE, "%lld", (long long)v.neighbours);
    char list[256] = "";
    for (int i = 0; i < KEYS; i++) {
        size_t used = strlen(list);
        if (found[i])
            snprintf(list + used, sizeof list - used, "%s%s=%.32s", used > 0 ? " " : "", keys[i],
                     texts[i]);
    }
    log_info("auto: chosen for %" PRIu64 " training samples: %s", samples, list);
    return ST_OK;
}

status auto_values_resolve(const char *path, int count, char *const *overrides,
                           status (*load)(job *, const char *, int, char *const *), char ***all,
                           int *all_count)
{
    bool found[KEYS], any = false;
    char texts[KEYS][CONFIG_TEXT_SIZE];
    *all = NULL;
    TRY(find_keys(path, count, overrides, found));
    for (int i = 0; i < KEYS; i++) {
        snprintf(texts[i], CONFIG_TEXT_SIZE, "%s", placeholders[i]);
        any = any || found[i];
    }
    if (!any) return ST_OK;
    job j;
    char **trial = NULL;
    int trial_count;
    status s = append(count, overrides, found, texts, &trial, &trial_count);
    if (s == ST_OK) s = load(&j, path, trial_count, trial);
    auto_values_free(trial, trial_count);
    TRY(s);
    if (!read_kept(&j, texts)) s = choose(&j, found, texts);
    job_destroy(&j);
    return s == ST_OK ? append(count, overrides, found, texts, all, all_count) : s;
}
