// trainer/parts/method.c -- questions that any method answers.
#include "trainer/method.h"

#include <stdlib.h>
#include <string.h>

bool method_reads(const method_type *m, const char *readout)
{
    for (int i = 0; m->readouts[i] != NULL; i++)
        if (strcmp(m->readouts[i], readout) == 0) return true;
    return false;
}

bool method_number(const method_type *m, void *state, const char *name, float *value)
{
    size_t count = m->describe != NULL ? m->describe(state, NULL) : 0;
    checkpoint_array *arrays = calloc(count + 1, sizeof *arrays);
    bool found = false;
    if (arrays == NULL) return false;
    if (count > 0) m->describe(state, arrays);
    for (size_t i = 0; i < count && !found; i++) {
        found = strcmp(arrays[i].name, name) == 0;
        if (found) *value = *(const float *)arrays[i].data;
    }
    free(arrays);
    return found;
}
