// trainer/streams/view_statistics.c -- see view_statistics.h.
#include "trainer/streams/view_statistics.h"

#include "base/log.h"
#include "trainer/streams/pixel_range.h"
#include "trainer/streams/whitening.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MEAN             CHECKPOINT_DATA "mean"
#define DEVIATION        CHECKPOINT_DATA "deviation"
#define RANGE            CHECKPOINT_DATA "range"
#define WHITENING_MEAN   CHECKPOINT_DATA "whitening/mean"
#define WHITENING_MATRIX CHECKPOINT_DATA "whitening/matrix"

static size_t view_numbers(const augmenter *a)
{
    return (size_t)augmenter_channels(a) * (size_t)augmenter_height(a) * (size_t)augmenter_width(a);
}

static status take_whitening(view_statistics *s, size_t dim)
{
    s->dim = dim;
    s->whitening_mean = calloc(dim, sizeof *s->whitening_mean);
    s->whitening_matrix = calloc(dim * dim, sizeof *s->whitening_matrix);
    CHECK(s->whitening_mean != NULL && s->whitening_matrix != NULL, ST_INTERNAL,
          "no memory to whiten views of %zu numbers", dim);
    return ST_OK;
}

static status learn_whitening(view_statistics *s, const job *j, dataset *data, augmenter *a)
{
    if (augmenter_whitening_epsilon(a) == 0) return ST_OK;
    TRY(whitening_check(j, view_numbers(a)));
    TRY(take_whitening(s, view_numbers(a)));
    return whitening_learn(j, data, a, s->whitening_mean, s->whitening_matrix);
}

status view_statistics_learn(view_statistics *s, const job *j, dataset *data)
{
    const dataset_info *info = dataset_get_info(data);
    *s = (view_statistics){.channels = info->channels};
    memcpy(s->mean, info->mean, sizeof s->mean);
    memcpy(s->deviation, info->deviation, sizeof s->deviation);
    TRY(pixel_range_choose(j, data, &s->range[0], &s->range[1]));
    dataset_info ranged = *info;
    ranged.low = s->range[0], ranged.high = s->range[1];
    augmenter *a;
    TRY(augmenter_create(&a, j->data.augment, &ranged, (int)j->data.size));
    status learned = learn_whitening(s, j, data, a);
    augmenter_destroy(a);
    return learned;
}

size_t view_statistics_describe(view_statistics *s, checkpoint_array *arrays)
{
    if (s->channels == 0) return 0;
    bool ranged = s->range[0] != 0.0f || s->range[1] != 1.0f;
    size_t count = 2;
    if (ranged) count++;
    if (s->dim > 0) count += 2;
    if (arrays == NULL) return count;
    uint64_t channels = (uint64_t)s->channels;
    *arrays++ = (checkpoint_array){MEAN, ARRAY_F32, 1, {channels}, s->mean};
    *arrays++ = (checkpoint_array){DEVIATION, ARRAY_F32, 1, {channels}, s->deviation};
    if (ranged) *arrays++ = (checkpoint_array){RANGE, ARRAY_F32, 1, {2}, s->range};
    if (s->dim == 0) return count;
    *arrays++ = (checkpoint_array){WHITENING_MEAN, ARRAY_F32, 1, {s->dim}, s->whitening_mean};
    *arrays =
        (checkpoint_array){WHITENING_MATRIX, ARRAY_F32, 2, {s->dim, s->dim}, s->whitening_matrix};
    return count;
}

// The length of a list, which is 1 to `most` numbers; 0: the checkpoint has no such array.
static status list_length(const checkpoint *c, const char *name, uint64_t most, uint64_t *length)
{
    checkpoint_array found = {.dims = {0}};
    *length = 0;
    if (!checkpoint_find(c, name, &found)) return ST_OK;
    CHECK(found.type == ARRAY_F32 && found.rank == 1 && found.dims[0] >= 1 && found.dims[0] <= most,
          ST_BAD_DATA, "the checkpoint's array \"%s\" is no list of 1 to %llu float32", name,
          (unsigned long long)most);
    *length = found.dims[0];
    return ST_OK;
}

static status check_numbers(const view_statistics *s)
{
    for (int c = 0; c < s->channels; c++)
        CHECK(isfinite(s->mean[c]) && isfinite(s->deviation[c]) && s->deviation[c] >= 0,
              ST_BAD_DATA, "the checkpoint's mean %g or deviation %g of channel %d cannot be",
              (double)s->mean[c], (double)s->deviation[c], c);
    CHECK(isfinite(s->range[0]) && isfinite(s->range[1]) && s->range[0] < s->range[1], ST_BAD_DATA,
          "the checkpoint's range of pixels, %g .. %g, cannot be", (double)s->range[0],
          (double)s->range[1]);
    return ST_OK;
}

status view_statistics_read(view_statistics *s, checkpoint *c, const job *j)
{
    uint64_t channels, dim, range;
    *s = (view_statistics){.range = {0, 1}};
    TRY(list_length(c, RANGE, 2, &range));
    CHECK(range != 1, ST_BAD_DATA,
          "the checkpoint's array \"" RANGE "\" holds one number, not two");
    TRY(list_length(c, MEAN, DATASET_MAX_CHANNELS, &channels));
    TRY(list_length(c, WHITENING_MEAN, WHITENING_MAX_DIM, &dim));
    if (channels == 0) {
        log_info("%s: its checkpoint is older than those that hold the mean and deviation of their "
                 "training data; those of data.train are taken, %s",
                 j->run, j->data.train);
        return ST_OK;
    }
    s->channels = (int)channels;
    if (dim > 0) TRY(take_whitening(s, dim));
    if (range == 2) s->range[0] = -1; // so that it is described, and read
    checkpoint_array arrays[5];
    size_t count = view_statistics_describe(s, arrays);
    for (size_t i = 0; i < count; i++)
        TRY(checkpoint_read(c, &arrays[i]));
    return check_numbers(s);
}

static status learn_from_train(view_statistics *s, const job *j)
{
    dataset *data;
    dataset_source source = job_source(j, j->data.train);
    TRY(dataset_open(&data, &source));
    status learned = view_statistics_learn(s, j, data);
    dataset_close(data);
    return learned;
}

status view_statistics_of_run(view_statistics *s, const job *j, const char *checkpoint_path)
{
    checkpoint *c;
    *s = (view_statistics){0};
    TRY(checkpoint_open(&c, checkpoint_path));
    status read = view_statistics_read(s, c, j);
    checkpoint_close(c);
    TRY(read);
    return s->channels > 0 ? ST_OK : learn_from_train(s, j);
}

void view_statistics_destroy(view_statistics *s)
{
    free(s->whitening_mean);
    free(s->whitening_matrix);
    *s = (view_statistics){0};
}

status views_measure(const job *j, const dataset_info *info, int *channels, int *height, int *width)
{
    augmenter *a;
    TRY(augmenter_create(&a, j->data.augment, info, (int)j->data.size));
    *channels = augmenter_channels(a);
    *height = augmenter_height(a);
    *width = augmenter_width(a);
    status fits = augmenter_whitening_epsilon(a) != 0 ? whitening_check(j, view_numbers(a)) : ST_OK;
    augmenter_destroy(a);
    return fits;
}

static status set_whitening(augmenter *a, const char *recipe_name, const view_statistics *s)
{
    if (augmenter_whitening_epsilon(a) == 0) return ST_OK;
    CHECK(s->dim > 0, ST_CONFIG,
          "data.augment=%s: whitens, but the run was trained by a recipe that does not; take "
          "data.augment as it was",
          recipe_name);
    CHECK(s->dim == view_numbers(a), ST_BAD_DATA,
          "data.augment=%s: whitens views of %zu numbers, as training saw them, but these have "
          "%zu; take data.size as it was, and images of as many channels",
          recipe_name, s->dim, view_numbers(a));
    augmenter_set_whitening(a, &(whitening){s->whitening_mean, s->whitening_matrix});
    return ST_OK;
}

status views_create(augmenter **created, const char *recipe_name, const job *j,
                    const dataset_info *info, const view_statistics *s)
{
    ASSERT(s->channels > 0);
    *created = NULL;
    CHECK(info->channels == s->channels, ST_BAD_DATA,
          "the images have %d channel%s, but those of training had %d; data.test must be like "
          "data.train",
          info->channels, info->channels == 1 ? "" : "s", s->channels);
    dataset_info of_training = *info;
    memcpy(of_training.mean, s->mean, sizeof s->mean);
    memcpy(of_training.deviation, s->deviation, sizeof s->deviation);
    of_training.low = s->range[0], of_training.high = s->range[1];
    TRY(augmenter_create(created, recipe_name, &of_training, (int)j->data.size));
    status fits = set_whitening(*created, recipe_name, s);
    if (fits == ST_OK) return ST_OK;
    augmenter_destroy(*created);
    *created = NULL;
    return fits;
}
