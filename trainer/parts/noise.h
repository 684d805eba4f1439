// trainer/parts/noise.h -- noise as an input of a model, so that operations stay pure functions.
//
// Every number is keyed by (seed, step, position in the global batch, input, pass), so it does not
// depend on ranks, and a resumed run draws what the uninterrupted one would have drawn.
#ifndef TRAINER_PARTS_NOISE_H
#define TRAINER_PARTS_NOISE_H

#include "trainer/parts/model.h"

// Each returns its tensor. Inputs of shape s, one sample a row:
// Normal numbers of mean 0 and deviation 1.
int model_normal_noise(model *m, const char *name, shape s);
// 1 with probability `keep`, else 0.
int model_mask_noise(model *m, const char *name, shape s, double keep);
// Unit vectors (count, dim, 1, 1), new in each step and the same for all workers.
int model_directions(model *m, const char *name, int count, int dim);

#endif
