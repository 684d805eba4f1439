// trainer/command.h -- what `basin NAME ...` is: one file in trainer/commands/, one line in
// commands.def.
#ifndef TRAINER_COMMAND_H
#define TRAINER_COMMAND_H

#include "comm/world.h"

#include <stdio.h>

typedef struct command_type {
    const char *name;
    const char *usage; // what follows the name: "SRC... DST [--shard-size N]"
    const char *help;  // one line for the list of commands
    const char *more;  // further lines for `basin NAME --help`; "" = none
    // Collective: all ranks call it with the same words (argv[0] is the first word after the
    // name; --help is dealt with by the caller). Returns the same status on all ranks, its message
    // already printed by agree(). World is up.
    status (*run)(const world *w, int argc, char **argv);
    // Prints what `basin NAME --help TOPIC` asks for ("" without a topic), on one rank.
    // NULL: the command has none. Errors: ST_USAGE, there is no such topic.
    status (*help_topic)(FILE *out, const char *topic);
} command_type;

extern const command_type *const command_table[]; // NULL-ended

// The command called `name`, or NULL.
const command_type *command_find(const char *name);

#endif
