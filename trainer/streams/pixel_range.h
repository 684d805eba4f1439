// trainer/streams/pixel_range.h -- the range of pixels of a run: from its job and its training
// data.
//
// Recipes that change colours think in 0..1 and cut off what lies outside. What they would cut off
// of more than a hundredth of the pixels is asked about, not trained on.
#ifndef TRAINER_STREAMS_PIXEL_RANGE_H
#define TRAINER_STREAMS_PIXEL_RANGE_H

#include "trainer/job/job.h"

// The values of the training data, in the units of io/images/image_info.h, that count as 0 and 1
// for j->data.range. Local, the same on all ranks; says in the log what is not taken for granted.
// Errors: ST_CONFIG a recipe that would clip more than 1 % of the pixels; ST_BAD_DATA pixels that
// are all equal have no range; as dataset_read.
status pixel_range_choose(const job *j, dataset *data, float *low, float *high);

#endif
