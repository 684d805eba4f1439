// trainer/codes/trained_model.h -- a sparse model as a run left it, to infer codes and nothing
// more.
#ifndef TRAINER_CODES_TRAINED_MODEL_H
#define TRAINER_CODES_TRAINED_MODEL_H

#include "trainer/job/job.h"
#include "trainer/sparse/sparse_lambda.h"
#include "trainer/sparse/sparse_model.h"

typedef struct trained_model {
    sparse_config config;    // the job's, but for where weights and inference start
    inference_choice choice; // the job's, or encoder_only
    sparse_model model;
    float lambda; // in the unit of the job; relative for density
    bool frames;  // images are a film's: an inference starts at the code of the image before
} trained_model;

// For views (n, C, H, W) of a job whose method infers codes; still with random weights.
// encoder_codes: without inference, as with solver encoder_only, codes are what the encoder says.
// It must stay where it is. Destroy it also after an error.
// Errors: as sparse_model_create; ST_CONFIG an encoder that is not there.
status trained_model_create(trained_model *m, const job *j, shape view, bool encoder_codes);

void trained_model_destroy(trained_model *m);

// Copies weights that a training is changing. lambda: counts for a job that seeks a density.
// Errors: ST_BAD_DATA weights for views of other channels; as sparse_model_follow.
status trained_model_set(trained_model *m, const weights *from, double lambda);

// Weights and lambda of a checkpoint. Errors: those of io/checkpoint/checkpoint.h; as
// sparse_model_follow.
status trained_model_read(trained_model *m, const char *path);

// As sparse_model_infer, with its lambda.
status trained_model_infer(trained_model *m, const float *images);

#endif
