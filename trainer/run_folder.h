// trainer/run_folder.h -- the folder that holds everything a run leaves behind.
//
//   job.yaml       the complete, resolved job
//   run.json       status, position, last metrics, versions; replaced atomically
//   metrics.jsonl  one JSON object a logged step or evaluation, appended
//   pictures/      what has been learned, one set an epoch
//   checkpoints/   step-000000001560.h5 ..., and `latest`, a link to the newest
//
// Written by rank 0 alone; the functions are local.
#ifndef TRAINER_RUN_FOLDER_H
#define TRAINER_RUN_FOLDER_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define RUN_PATH_SIZE 512

typedef struct run_folder {
    char path[256];
    FILE *metrics; // NULL until run_folder_open
} run_folder;

// Makes the folders that are missing and opens metrics.jsonl to append. Errors: ST_IO.
status run_folder_open(run_folder *r, const char *path);

// Replaces a small file of the folder atomically. Errors: ST_IO.
status run_folder_write(const run_folder *r, const char *name, const char *text);

// The beginning of the paths of an epoch's pictures; makes their folder. Errors: ST_IO.
status run_folder_pictures(const run_folder *r, uint64_t epoch, char prefix[RUN_PATH_SIZE]);

// Appends one line to metrics.jsonl and flushes it. Errors: ST_IO.
status run_folder_add_metrics(run_folder *r, const char *json);

// Path of the checkpoint of `step`.
void run_folder_checkpoint_path(const char *run, uint64_t step, char path[RUN_PATH_SIZE]);

// Path of the newest checkpoint of the run folder `run`; *found is false when there is none.
// Errors: ST_IO.
status run_folder_latest(const char *run, bool *found, char path[RUN_PATH_SIZE]);

// Points `latest` to the checkpoint of `step`, then deletes all but the newest `keep`. Errors: ST_IO.
status run_folder_publish(const run_folder *r, uint64_t step, int64_t keep);

// Errors: ST_IO when the last lines of metrics could not be written.
status run_folder_close(run_folder *r);

#endif
