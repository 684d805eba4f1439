// trainer/job/data_range.h -- which stored values of pixels count as 0 and 1: the text of
// data.range.
//
//   auto             integers of 8 and 16 bits: the range of their type; longer ones: as data;
//                    floats: 0 and 1
//   LOW,HIGH         these, as they are stored
//   data             the least and the largest of the training data
//   percentile       0.1 % of the pixels lie below, as many above; percentile:2 takes 2 %
#ifndef TRAINER_JOB_DATA_RANGE_H
#define TRAINER_JOB_DATA_RANGE_H

#include "base/status.h"

typedef enum range_kind { RANGE_AUTO, RANGE_GIVEN, RANGE_DATA, RANGE_PERCENTILE } range_kind;

typedef struct data_range {
    range_kind kind;
    double low, high;  // RANGE_GIVEN
    double percentile; // RANGE_PERCENTILE: share below, and above; 0..0.5
} data_range;

// Errors: ST_CONFIG, beginning with `place`.
status data_range_parse(data_range *range, const char *text, const char *place);

#endif
