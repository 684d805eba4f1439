// tests/base/trial_job.h -- a small job with every kind of field, for the tests of config.
#ifndef TESTS_BASE_TRIAL_JOB_H
#define TESTS_BASE_TRIAL_JOB_H

#include "base/config.h"

#include <stdbool.h>

typedef struct top_config {
    char run[CONFIG_TEXT_SIZE];
    int64_t seed, batch;
} top_config;

typedef struct method_config {
    char name[CONFIG_TEXT_SIZE];
    double temperature, momentum;
    bool symmetric;
} method_config;

typedef struct evaluate_config {
    int64_t every, k;
    double temperature;
} evaluate_config;

typedef struct job {
    top_config top;
    method_config method;
    evaluate_config evaluate;
} job;

extern const config_field top_fields[];
extern const config_field name_field[];
extern const config_field moco_fields[];
extern const config_field evaluate_fields[];

// Reads all sections, then finishes.
status read_sections(config *c, job *j);

// Reads `text` with `overrides` (NULL-ended, or NULL); `written`, unless NULL, gets config_write's.
// The caller frees it, also after a failure.
status read_job(const char *text, char *const *overrides, job *j, char **written);

#define OVERRIDES(...) ((char *[]){__VA_ARGS__, NULL})
#define MOCO           "method: {name: moco}\n"

#endif
