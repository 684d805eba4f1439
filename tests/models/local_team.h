// tests/models/local_team.h -- a team whose workers are all of this process (models/graph/team.h).
#ifndef TESTS_MODELS_LOCAL_TEAM_H
#define TESTS_MODELS_LOCAL_TEAM_H

#include "models/graph/team.h"

// Of `count` workers, with the bits of trainer/loop/lockstep.h's sums; *count must stay.
team local_team(int *count);

#endif
