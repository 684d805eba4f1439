// base/peak_memory.h -- how much memory this process has needed.
#ifndef BASE_PEAK_MEMORY_H
#define BASE_PEAK_MEMORY_H

// The most that has been in use (resident) at once so far, bytes; shared pages count in full.
double peak_memory(void);

#endif
