// trainer/streams/view_statistics.h -- what views are normalised by: statistics of the training
// data, which belong to the model.
//
//   data.train ─ learn ─> statistics ─ describe ─> checkpoint ─ read ─> evaluation, features, codes
//                             └─> views_create, of training and of all other data
//
// A net has only ever seen images in units of its training data. Other data is therefore shown in
// these units, whatever its own mean and deviation are: what an image gives must not depend on
// which other images stand in its file.
#ifndef TRAINER_STREAMS_VIEW_STATISTICS_H
#define TRAINER_STREAMS_VIEW_STATISTICS_H

#include "io/checkpoint/checkpoint.h"
#include "io/views/augment.h"
#include "trainer/job/job.h"

typedef struct view_statistics {
    int channels; // 0: not known yet
    // Per channel, in the units of io/images/image_info.h.
    float mean[DATASET_MAX_CHANNELS], deviation[DATASET_MAX_CHANNELS];
    float range[2];                           // the pixels that count as 0 and 1, in the same units
    size_t dim;                               // numbers of a view; 0: the recipe does not whiten
    float *whitening_mean, *whitening_matrix; // (dim), (dim, dim), owned
} view_statistics;

// Those of the training data of a job, opened as `data`. Destroy them also after an error.
// Errors: of augmenter_create and whitening_learn.
status view_statistics_learn(view_statistics *s, const job *j, dataset *data);

// Describes them for a checkpoint, under CHECKPOINT_DATA; returns how many arrays, 0 while they are
// not known. arrays == NULL: only counts.
size_t view_statistics_describe(view_statistics *s, checkpoint_array *arrays);

// Those of a checkpoint. One of an older version holds none: then s->channels stays 0, and the log
// says that those of the job's data.train will be taken. Destroy them also after an error. Errors:
// ST_BAD_DATA, ST_INTERNAL; those of checkpoint_read.
status view_statistics_read(view_statistics *s, checkpoint *c, const job *j);

// Those of a run's checkpoint; if it holds none, of data.train.
// Destroy them also after an error. Errors: as view_statistics_read; of dataset_open.
status view_statistics_of_run(view_statistics *s, const job *j, const char *checkpoint_path);

void view_statistics_destroy(view_statistics *s);

// Height, width and channels that views of a job's data will have, before statistics are known.
// Errors: of augmenter_create; ST_CONFIG views too large to whiten.
status views_measure(const job *j, const dataset_info *info, int *channels, int *height,
                     int *width);

// augmenter_create for images of any data set `info`, in units of the statistics `s`, which must
// last as long. Errors: of augmenter_create; ST_BAD_DATA images of other channels, or views of
// another size, than the statistics are of; ST_CONFIG statistics without the whitening that the
// recipe needs.
status views_create(augmenter **created, const char *recipe_name, const job *j,
                    const dataset_info *info, const view_statistics *s);

#endif
