// trainer/job/plugins.c -- one view over the tables made from the .def files.
#include "trainer/job/plugins.h"

#include "models/codes/code_encoder.h"
#include "models/decoders/decoder.h"
#include "models/nets/net.h"
#include "models/codes/solver.h"
#include "trainer/method.h"
#include "trainer/optimizer.h"

#include <stdio.h>
#include <string.h>

#define METHOD(name) extern const method_type method_##name;
#include "trainer/methods.def"
#undef METHOD
#define OPTIMIZER(name) extern const optimizer_type optimizer_##name;
#include "trainer/optimizers.def"
#undef OPTIMIZER

static const method_type *const method_table[] = {
#define METHOD(name) &method_##name,
#include "trainer/methods.def"
#undef METHOD
    NULL};

static const optimizer_type *const optimizer_table[] = {
#define OPTIMIZER(name) &optimizer_##name,
#include "trainer/optimizers.def"
#undef OPTIMIZER
    NULL};

#define VIEW(kind, section, type)                                                                  \
    (plugin)                                                                                       \
    {                                                                                              \
        kind, section, (type)->name, (type)->help, (type)->fields, (type)->config_size, (type)     \
    }

bool plugin_at(plugin_kind kind, int i, plugin *p)
{
    if (kind == PLUGIN_NET && net_table[i] != NULL)
        *p = VIEW("net", "model", net_table[i]);
    else if (kind == PLUGIN_METHOD && method_table[i] != NULL)
        *p = VIEW("method", "method", method_table[i]);
    else if (kind == PLUGIN_OPTIMIZER && optimizer_table[i] != NULL)
        *p = VIEW("optimizer", "optimizer", optimizer_table[i]);
    else if (kind == PLUGIN_DECODER && decoder_table[i] != NULL)
        *p = VIEW("decoder", "decoder", decoder_table[i]);
    else if (kind == PLUGIN_ENCODER && code_encoder_table[i] != NULL)
        *p = VIEW("encoder", "encoder", code_encoder_table[i]);
    else if (kind == PLUGIN_PENALTY && penalty_table[i] != NULL)
        *p = VIEW("penalty", "penalty", penalty_table[i]);
    else if (kind == PLUGIN_SOLVER && solver_table[i] != NULL)
        *p = VIEW("solver", "solver", solver_table[i]);
    else
        return false;
    return true;
}

#define MAX_NAMES 64

status plugin_find(plugin_kind kind, const char *name, const char *place, plugin *p)
{
    const char *names[MAX_NAMES + 1] = {0};
    char list[512] = "";
    for (int i = 0; i < MAX_NAMES && plugin_at(kind, i, p); i++) {
        if (strcmp(p->name, name) == 0) return ST_OK;
        names[i] = p->name;
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", p->name);
    }
    const char *near = config_nearest(name, names);
    return failure(ST_CONFIG, "%s: %s '%s' is not known%s%s%s; known: %s", place, p->kind, name,
                   near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                   near != NULL ? "'?" : "", list);
}
