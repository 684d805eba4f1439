// trainer/streams/view_sheet.h -- what a net gets to see: a picture of a job's augmented views.
#ifndef TRAINER_STREAMS_VIEW_SHEET_H
#define TRAINER_STREAMS_VIEW_SHEET_H

#include "trainer/job/job.h"

// Local. Draws the first samples of the job's training, one a row: the stored image at the size of
// a view, then view 0 and view 1 in epoch 0, in epoch 1, and so on: the very views that training
// will see. Normalisation is undone; float32 data is shown from 3 deviations below a channel's mean
// to 3 above. Three channels are RGB; of other counts the first is shown. Writes a PNG to `path`.
// Errors: of dataset_open, views_create and picture_write.
status view_sheet_write(const job *j, const char *path);

#endif
