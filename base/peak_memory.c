// base/peak_memory.c -- asks the system.
#include "base/peak_memory.h"

#include "base/status.h"

#include <sys/resource.h>

double peak_memory(void)
{
    struct rusage used;
    ASSERT(getrusage(RUSAGE_SELF, &used) == 0); // fails for wrong arguments alone
    return 1024.0 * (double)used.ru_maxrss;
}
