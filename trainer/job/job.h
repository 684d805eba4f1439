// trainer/job/job.h -- a job file, read and checked: everything an experiment is, in one struct.
//
// Each section is a struct and a field table; plug-ins (net, method, optimizer) add their own
// fields to their section. The tables serve parsing, defaults, ranges, help and the resolved
// job.yaml.
#ifndef TRAINER_JOB_JOB_H
#define TRAINER_JOB_JOB_H

#include "base/config.h"
#include "io/files/named_output.h"
#include "io/shards/dataset.h"
#include "models/nets/net.h"
#include "trainer/method.h"
#include "trainer/optimizer.h"
#include "trainer/optimizers/schedule.h"
#include "trainer/sparse/inference_choice.h"

#include <limits.h>

#define JOB_MAX_PLUGIN_CONFIG 2048 // bytes of the largest plug-in's config struct
#define JOB_NO_LIMIT          1e15 // the greatest integer of a job; so no run has more steps

typedef struct job_data {
    char train[CONFIG_TEXT_SIZE], test[CONFIG_TEXT_SIZE]; // io/files/file_list.h; test "" = none
    char from[CONFIG_TEXT_SIZE], test_labels[CONFIG_TEXT_SIZE];
    int64_t test_every; // 0: nothing of train is held out
    char images[CONFIG_TEXT_SIZE], labels[CONFIG_TEXT_SIZE], axes[CONFIG_TEXT_SIZE];
    char changed[CONFIG_TEXT_SIZE]; // "refuse" or "accept"
    int nan;                        // nan_rule
    char classes[CONFIG_TEXT_SIZE]; // "by_name" or "by_number"
    char augment[CONFIG_TEXT_SIZE];
    char range[CONFIG_TEXT_SIZE]; // trainer/job/data_range.h
    int64_t size;                 // of a view, pixels; 0 = as stored
    int64_t patches;              // samples of each stored image; 0 = each is one
} job_data;

typedef struct job_model {
    char net[CONFIG_TEXT_SIZE], head[CONFIG_TEXT_SIZE];
    int64_t dim, head_layers, head_hidden;
} job_model;

typedef struct job_evaluate {
    int64_t every; // epochs; 0 = at the end only
    int64_t knn_k;
    double knn_temperature;
    bool floors, probe;
    int64_t codes; // views of test data to infer codes of
} job_evaluate;

typedef struct job_watch {
    double stall; // seconds; 0 = never
} job_watch;

typedef struct job_checkpoint {
    int64_t every, keep, keep_every; // epochs, files, checkpoints
    double minutes;                  // 0 = none in between
} job_checkpoint;

// A plug-in's own settings, laid out as its field table says.
typedef union plugin_config {
    max_align_t aligned;
    unsigned char bytes[JOB_MAX_PLUGIN_CONFIG];
} plugin_config;

typedef struct job {
    char run[CONFIG_TEXT_SIZE];
    int64_t seed, workers, batch, stop_after, threads, log_every;
    char max_time[CONFIG_TEXT_SIZE];
    double max_seconds; // of max_time; 0 = no limit
    char precision[CONFIG_TEXT_SIZE], conv[CONFIG_TEXT_SIZE];
    job_data data;
    job_model model;
    const method_type *method;
    plugin_config method_config;
    const net_type *net; // with SECTION_MODEL, else NULL
    plugin_config net_config;
    decoder decoder; // with SECTION_DECODER
    plugin_config decoder_config;
    inference_choice inference; // with SECTION_INFERENCE
    plugin_config encoder_config, penalty_config, solver_config;
    const optimizer_type *optimizer;
    plugin_config optimizer_config;
    double lr;
    schedule schedule;
    job_evaluate evaluate;
    job_checkpoint checkpoint;
    job_watch watch;
    bool trace;
    char *resolved; // the complete job as YAML, without data.from; owned
    char data_from
        [CONFIG_TEXT_SIZE]; // folder that data paths start from; "" = the working directory
} job;

// Reads `path` with `overrides` ("batch=128"); keys that say `auto` are chosen
// (trainer/job/auto_values.h). Errors: ST_NO_INPUT, ST_CONFIG; see base/config.h; with `auto`,
// those of dataset_count.
status job_load(job *j, const char *path, int override_count, char *const *overrides);

// The same from text, e.g. the job kept in a checkpoint; `origin` stands for the file's name.
status job_parse(job *j, const char *text, const char *origin);

void job_destroy(job *j);

// XXH3-64 of the resolved job.
uint64_t job_hash(const job *j);

// Whether there is something to evaluate on: data.test, or what data.test_every holds out.
bool job_has_test(const job *j);

// data.test for messages.
const char *job_test_name(const job *j);

// The data set that j->data.train, j->data.test (these very texts) or any other `files` mean; those
// start from the working directory. Views into the job.
dataset_source job_source(const job *j, const char *files);

// All that a job reads, for io/files/named_output.h: the job file, data, labels in files of their
// own.
typedef struct job_inputs {
    const char *names[5]; // some NULL; views into the job, and of the labels into
    char labels[2][PATH_MAX];
} job_inputs;

// What such a file may be written by: rules that hold as long as `inputs`, which is filled, and the
// job.
output_rules job_output_rules(const job *j, const char *job_file, bool replace, job_inputs *inputs);

// The net and head it asks for; views into the job.
encoder job_encoder(const job *j);

// Help on the job's keys: a method, net or optimizer by name, or all common sections for "".
// Returns false when nothing is called `topic`.
bool job_help(FILE *out, const char *topic);

#endif
