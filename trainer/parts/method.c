// trainer/parts/method.c -- questions that any method answers.
#include "trainer/method.h"

#include <string.h>

bool method_reads(const method_type *m, const char *readout)
{
    for (int i = 0; m->readouts[i] != NULL; i++)
        if (strcmp(m->readouts[i], readout) == 0) return true;
    return false;
}
