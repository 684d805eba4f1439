// trainer/job/options.h -- the words after a command: options by a field table, and the rest in
// order.
//
// A field `shard_size` is given as "--shard-size 500" or "--shard-size=500"; a FIELD_BOOL as its
// name alone, "--force". Options may stand anywhere; after "--" all words are plain.
#ifndef TRAINER_JOB_OPTIONS_H
#define TRAINER_JOB_OPTIONS_H

#include "base/config.h"

#define OPTIONS_MAX 16 // options on one command line

// Fills `into` by the fields, defaults included. The words that are no options move to the front of
// argv, and *argc becomes their number. `command` begins the messages.
// Errors: ST_USAGE unknown option (names the nearest), missing or bad value.
status options_read(const char *command, int *argc, char **argv, const config_field *fields,
                    void *into);

// Whether all words are overrides of a job, key=value. Errors: ST_USAGE.
status options_check_overrides(const char *command, int count, char *const *words);

#endif
