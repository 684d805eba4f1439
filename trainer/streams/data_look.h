// trainer/streams/data_look.h -- what a file of images holds and costs, before anybody trains on
// it.
#ifndef TRAINER_STREAMS_DATA_LOOK_H
#define TRAINER_STREAMS_DATA_LOOK_H

#include "io/shards/dataset.h"

#include <stdio.h>

// Of the file that `source` names: what it is taken for, how it lies in chunks, the range of its
// numbers, NaN, how many images of each class, the images a second that one rank reads in random
// order here and now, and the line to train with, which names what jobs/own.yaml does not say.
// Values are looked at in at most 2048 samples. Local. Errors: of dataset_open and dataset_read.
status data_look_write(FILE *out, const dataset_source *source);

#endif
