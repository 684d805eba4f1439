// base/clock.h -- time that only goes forward.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

// Seconds since some fixed moment before the process started; never steps back.
double clock_seconds(void);

// Seconds the calling thread has computed so far: what other programs on its core do, and waiting,
// do not count.
double clock_thread_seconds(void);

// The same for all threads of this process together.
double clock_process_seconds(void);

#endif
