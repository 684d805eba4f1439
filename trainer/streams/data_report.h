// trainer/streams/data_report.h -- one line at the start of a run that says what its data were
// taken for.
#ifndef TRAINER_STREAMS_DATA_REPORT_H
#define TRAINER_STREAMS_DATA_REPORT_H

#include "io/images/image_info.h"

#include <stddef.h>

// "5000 images of 32 x 32 pixels, 3 channels, uint8 (axes NHWC), 10 classes" into text (size
// bytes).
void data_report_write(const dataset_info *info, char *text, size_t size);

// The same in the log, after the job's key ("data.train"); and a warning where another order of
// axes is more likely than the one that the job gives.
void data_report(const char *key, const dataset_info *info);

#endif
