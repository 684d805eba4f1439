// trainer/snapshot.c -- a training as a checkpoint: what it holds, written and read back.
//
//   step                           position; order and random draws follow from it and the seed
//   query/...                      learned parameters and running statistics, names as in PyTorch
//   optimizer/momentum/...         the optimizer's state, a tensor for each parameter
//   whatever the method describes  (key/..., queue, queue_ids, queue_pointer)
//   texts: job, method, versions, instruction_set
#include "trainer/training.h"

#include "base/log.h"
#include "models/kernels/version.h"

#include <stdlib.h>

size_t snapshot_describe(training *t, checkpoint_array *arrays)
{
    size_t count = 0;
    if (arrays != NULL) arrays[0] = (checkpoint_array){"step", ARRAY_U64, 0, {0}, &t->step};
    count++;
    count += weights_describe_params(t->learned, LEARNED_PREFIX, t->learned->params,
                                     arrays != NULL ? arrays + count : NULL);
    count += weights_describe_statistics(t->learned, LEARNED_PREFIX,
                                         arrays != NULL ? arrays + count : NULL);
    for (int i = 0; i < OPTIMIZER_MAX_STATES && t->job->optimizer->state_names[i] != NULL; i++) {
        char prefix[64];
        snprintf(prefix, sizeof prefix, "optimizer/%s", t->job->optimizer->state_names[i]);
        count += weights_describe_params(t->learned, prefix, t->optimizer_states[i],
                                         arrays != NULL ? arrays + count : NULL);
    }
    return count + t->job->method->describe(t->method, arrays != NULL ? arrays + count : NULL);
}

static status list_arrays(training *t, checkpoint_array **arrays, size_t *count)
{
    *count = snapshot_describe(t, NULL);
    *arrays = calloc(*count, sizeof **arrays);
    CHECK(*arrays != NULL, ST_INTERNAL, "no memory for the list of a checkpoint's arrays");
    ASSERT(snapshot_describe(t, *arrays) == *count);
    return ST_OK;
}

status snapshot_write(training *t)
{
    checkpoint_array *arrays;
    size_t count;
    TRY(list_arrays(t, &arrays, &count));
    char versions[256], instructions[64], path[RUN_PATH_SIZE];
    kernels_versions(versions, sizeof versions);
    kernels_instruction_set(instructions, sizeof instructions);
    const checkpoint_text texts[] = {{"job", t->job->resolved},
                                     {"method", t->job->method->name},
                                     {"versions", versions},
                                     {"instruction_set", instructions}};
    run_folder_checkpoint_path(t->job->run, t->step, path);
    status s = checkpoint_write(path, arrays, count, texts, 4);
    free(arrays);
    TRY(s);
    return run_folder_publish(&t->folder, t->step, t->job->checkpoint.keep);
}

static status read_all(training *t, checkpoint *c)
{
    checkpoint_array *arrays;
    size_t count;
    TRY(list_arrays(t, &arrays, &count));
    status s = ST_OK;
    for (size_t i = 0; i < count && s == ST_OK; i++)
        s = checkpoint_read(c, &arrays[i]);
    free(arrays);
    return s;
}

status snapshot_resume(training *t, bool *resumed)
{
    char path[RUN_PATH_SIZE];
    TRY(run_folder_latest(t->job->run, resumed, path));
    if (!*resumed) return ST_OK;
    checkpoint *c;
    TRY(checkpoint_open(&c, path));
    status s = read_all(t, c);
    checkpoint_close(c);
    return s;
}
