// trainer/streams/view_sheet.c -- see view_sheet.h. Each cell is a view turned back into 8-bit
// pixels.
#include "trainer/streams/view_sheet.h"

#include "io/views/augment.h"
#include "io/views/loader.h"
#include "io/images/pictures.h"
#include "io/views/recipes.h"
#include "trainer/streams/view_statistics.h"

#include <stdlib.h>
#include <string.h>

#define ROWS    8
#define EPOCHS  4
#define VIEWS   2
#define COLUMNS (1 + EPOCHS * VIEWS)

typedef struct view_sheet {
    dataset *data;
    view_statistics training;
    augmenter *plain, *augmented;
    bool normalised;   // the augmented views are, over the data set
    dataset_info cell; // of one cell: a view in 8 bits
    picture sheet;
    void *stored;         // one sample as stored, decoded
    float *view;          // (C, H, W)
    unsigned char *bytes; // (H, W, C)
} view_sheet;

static status open_sheet(view_sheet *s, const job *j)
{
    dataset_source source = job_source(j, j->data.train);
    TRY(dataset_open(&s->data, &source));
    const dataset_info *info = dataset_get_info(s->data);
    TRY(view_statistics_learn(&s->training, j, s->data));
    TRY(views_create(&s->augmented, j->data.augment, j, info, &s->training));
    TRY(views_create(&s->plain, "none", j, info, &s->training));
    CHECK(augmenter_height(s->plain) == augmenter_height(s->augmented) &&
              augmenter_width(s->plain) == augmenter_width(s->augmented),
          ST_CONFIG,
          "data.augment=%s cuts stored images smaller: choose data.size to see its views",
          j->data.augment);
    s->normalised = strcmp(recipe_for_evaluation(j->data.augment), "none") == 0;
    s->cell = *info;
    s->cell.low = s->training.range[0], s->cell.high = s->training.range[1];
    image_info_rescale(&s->cell);
    s->cell.type = PIXEL_U8;
    s->cell.height = augmenter_height(s->augmented);
    s->cell.width = augmenter_width(s->augmented);
    s->cell.sample_bytes = (size_t)info->channels * (size_t)s->cell.height * (size_t)s->cell.width;
    s->stored = malloc(info->sample_bytes);
    s->view = malloc(s->cell.sample_bytes * sizeof *s->view);
    s->bytes = malloc(s->cell.sample_bytes);
    CHECK(s->stored != NULL && s->view != NULL && s->bytes != NULL, ST_INTERNAL,
          "no memory for a view");
    int rows = info->count < ROWS ? (int)info->count : ROWS;
    return sheet_create(&s->sheet, rows, COLUMNS, &s->cell);
}

// s->view of `shown` channels to s->bytes: 8 bits as stored, or -3 .. 3 where there is no going
// back. One channel stands for all.
static void show_view(view_sheet *s, int shown, bool undo)
{
    int count = s->cell.height * s->cell.width, channels = s->cell.channels;
    for (int c = 0; c < channels; c++)
        for (int i = 0; i < count; i++) {
            float x = s->view[(shown == 1 ? 0 : c) * count + i];
            if (undo)
                x = x * s->cell.deviation[c] + s->cell.mean[c];
            else
                x = (x + 3.0f) / 6.0f;
            x = x < 0.0f ? 0.0f : x > 1.0f ? 1.0f : x;
            s->bytes[i * channels + c] = (unsigned char)(x * 255.0f + 0.5f);
        }
}

static void draw_cell(view_sheet *s, int cell, augmenter *a, uint64_t seed, uint64_t sample)
{
    int draw = cell % COLUMNS - 1; // -1: the stored image, which draws nothing
    uint32_t epoch = draw < 0 ? 0 : (uint32_t)(draw / VIEWS);
    uint32_t view = draw < 0 ? 0 : (uint32_t)(draw % VIEWS);
    augmenter_view(a, seed, epoch, sample, view, s->view);
    bool ranged = s->cell.low != 0.0f || s->cell.high != 1.0f;
    bool bounded = ranged || dataset_get_info(s->data)->type != PIXEL_F32;
    show_view(s, augmenter_channels(a), bounded && (a == s->plain || s->normalised));
    sheet_place(&s->sheet, COLUMNS, cell, &s->cell, s->bytes);
}

static status draw_rows(view_sheet *s, uint64_t seed, uint64_t patches)
{
    uint64_t count = s->cell.count, rows = count < ROWS ? count : ROWS;
    order o = {.seed = seed, .count = loader_samples(count, patches), .batch = rows};
    for (uint64_t row = 0; row < rows; row++) {
        uint64_t sample = order_sample(&o, 0, row);
        uint64_t stored = sample / loader_samples(1, patches);
        image_size size = {0};
        TRY(dataset_read_sized(s->data, stored, s->stored, &size));
        augmenter_take(s->plain, s->stored, size);
        augmenter_take(s->augmented, s->stored, size);
        for (int column = 0; column < COLUMNS; column++)
            draw_cell(s, (int)row * COLUMNS + column, column == 0 ? s->plain : s->augmented, seed,
                      sample);
    }
    return ST_OK;
}

status view_sheet_write(const job *j, const char *path)
{
    view_sheet s = {0};
    status result = open_sheet(&s, j);
    if (result == ST_OK) result = draw_rows(&s, (uint64_t)j->seed, (uint64_t)j->data.patches);
    if (result == ST_OK) result = sheet_write(path, &s.sheet, &s.cell);
    picture_free(&s.sheet);
    free(s.stored);
    free(s.view);
    free(s.bytes);
    augmenter_destroy(s.plain);
    augmenter_destroy(s.augmented);
    view_statistics_destroy(&s.training);
    if (s.data != NULL) dataset_close(s.data);
    return result;
}
