// trainer/run/run_folder.h -- the folder that holds everything a run leaves behind.
//
//   job.yaml       the complete, resolved job, of what is being or was trained last
//   job-until-step-000000001560.yaml   the one before it, of the steps up to this one
//   run.json       status, position, last metrics, versions; replaced atomically
//   metrics.jsonl  one JSON object a logged step or evaluation, appended
//   proof.jsonl    hashes of each step and epoch (trainer/loop/proof.h)
//   owner          who trains here now (trainer/run/run_owner.h)
//   heartbeat      64 bytes a rank: what it did last (comm/heartbeat.h); written by each rank
//   trace.json     what all ranks did when, if asked for
//   pictures/      what has been learned, one set an epoch
//   checkpoints/   see trainer/run/checkpoint_folder.h
//   STOP           made by whoever wants the run to stop, see trainer/run/stop.h
//
// Written by rank 0 alone, but for the heartbeat; the functions are local.
#ifndef TRAINER_RUN_RUN_FOLDER_H
#define TRAINER_RUN_RUN_FOLDER_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define RUN_PATH_SIZE   512
#define RUN_CHECKPOINTS "checkpoints"

typedef struct run_folder {
    char path[256];
    int metrics;                 // descriptor of metrics.jsonl
    char *unwritten;             // lines for which the disk had no room yet; owned
    size_t unwritten_size, room; // bytes: of the lines, of their memory
    bool is_open, is_full;       // is_full: the last try to write failed
} run_folder;

// Makes the folders that are missing. Errors: ST_IO.
status run_folder_make(const char *path);

// The same for a run that goes on behind `step` (0: from the beginning): opens metrics.jsonl to
// append, without lines of later steps, which are done again, and without one that a killed process
// has left unfinished; removes parts of small files that such a process has left. Errors: ST_IO.
status run_folder_open(run_folder *r, const char *path, uint64_t step);

// Replaces a small file of the folder atomically. Errors: ST_IO.
status run_folder_write(const run_folder *r, const char *name, const char *text);

// Whether the file is there and begins with `text`, of less than 512 bytes.
bool run_folder_begins(const run_folder *r, const char *name, const char *text);

// Makes `job` the folder's job.yaml, for the steps after `step`; another one that is there is kept
// under the name of that step, unless one is kept there already. Errors: ST_IO, ST_INTERNAL no
// memory.
status run_folder_write_job(const run_folder *r, const char *job, uint64_t step);

// The beginning of the paths of an epoch's pictures; makes their folder. Errors: ST_IO.
status run_folder_pictures(const run_folder *r, uint64_t epoch, char prefix[RUN_PATH_SIZE]);

// Appends one line to metrics.jsonl. When it cannot be written, says so once in the log, keeps the
// line, and tries again with the next. Errors: ST_INTERNAL no memory to keep it.
status run_folder_add_metrics(run_folder *r, const char *json);

// Errors: ST_IO when there are lines of metrics that still cannot be written.
status run_folder_flush(run_folder *r);

// The same, and closes. Lines that cannot be written are lost.
status run_folder_close(run_folder *r);

#endif
