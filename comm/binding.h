// comm/binding.h -- which processors the ranks may run on, told once.
#ifndef COMM_BINDING_H
#define COMM_BINDING_H

#include "comm/world.h"

#include <sched.h>

#define BINDING_TEXT_SIZE 256

// Collective. One line a machine in rank 0's log (of the first few machines), and a warning when a
// rank has fewer processors than its `threads`.
void binding_tell(const world *w, int threads);

// "0-3,8" of a set; cut off with "..." when it does not fit.
const char *binding_text(const cpu_set_t *set, char text[BINDING_TEXT_SIZE]);

#endif
