// trainer/commands/batch_script.h -- jobs/train.sbatch with the numbers of one job.
#ifndef TRAINER_COMMANDS_BATCH_SCRIPT_H
#define TRAINER_COMMANDS_BATCH_SCRIPT_H

#include <stdio.h>

typedef struct batch_script {
    int nodes, ranks_per_node, threads;
    double run_seconds;       // that the whole schedule is thought to take
    const char *const *words; // (word_count) what follows `basin train`: the job file, key=value
    int word_count;
    const char *remarks; // lines that begin with "#", after the first line
} batch_script;

// Writes a file for sbatch that needs nothing beside itself and `basin` in PATH.
void batch_script_write(const batch_script *b, FILE *out);

#endif
