// trainer/job/plugins.h -- the registries a job chooses from (nets, methods, solvers ...), seen
// alike.
#ifndef TRAINER_JOB_PLUGINS_H
#define TRAINER_JOB_PLUGINS_H

#include "base/config.h"

#include <stdbool.h>

typedef enum plugin_kind {
    PLUGIN_NET,
    PLUGIN_METHOD,
    PLUGIN_OPTIMIZER,
    PLUGIN_DECODER,
    PLUGIN_ENCODER, // of codes
    PLUGIN_PENALTY,
    PLUGIN_SOLVER,
    PLUGIN_KINDS
} plugin_kind;

typedef struct plugin {
    const char *kind;    // "net", "method", "optimizer", "decoder", "encoder", "penalty", "solver"
    const char *section; // of the job its fields stand in
    const char *name, *help;
    const config_field *fields;
    size_t config_size;
    const void *type; // the net_type, method_type, optimizer_type ...
} plugin;

// Entry i of the kind's registry; false past the end.
bool plugin_at(plugin_kind kind, int i, plugin *p);

// The entry called `name`. `place` (config_place) begins the message of an error.
// Errors: ST_CONFIG, with the nearest name and all known ones.
status plugin_find(plugin_kind kind, const char *name, const char *place, plugin *p);

#endif
