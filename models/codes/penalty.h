// models/codes/penalty.h -- R(z), the price of a code, and its proximal step.
//
// A penalty is one file in models/codes/penalties/ with one exported const penalty_type, and one
// line in penalties.def. It sees one code array of models/kernels/dictionary/dictionary.h
// (positions, Kp); the lanes beyond K hold 0 and must stay so.
#ifndef MODELS_CODES_PENALTY_H
#define MODELS_CODES_PENALTY_H

#include "base/config.h"
#include "models/kernels/dictionary/dictionary.h"

#include <stdbool.h>

typedef struct penalty_type {
    const char *name;
    const char *help;
    const config_field *fields; // NULL: none
    size_t config_size;
    // sum |z|, so that shrinking one code by itself is the proximal step, and a duality gap exists
    bool is_l1;
    bool fixed; // lambda has no part in it
    // R(z)
    double (*value)(const void *settings, const dictionary_geometry *g, const float *code);
    // code = argmin over z of 1/2 |z - code|^2 + weight R(z), z >= 0 when non_negative
    void (*prox)(const void *settings, const dictionary_geometry *g, double weight,
                 bool non_negative, float *code);
} penalty_type;

extern const penalty_type *const penalty_table[]; // NULL-ended

// The penalty called `name`, or NULL.
const penalty_type *penalty_find(const char *name);

#endif
