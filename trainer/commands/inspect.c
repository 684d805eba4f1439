// trainer/commands/inspect.c -- basin inspect FILE: what a shard, checkpoint, run or job holds.
#include "base/printable.h"
#include "comm/agree.h"
#include "io/checkpoint/checkpoint.h"
#include "io/files/named_output.h"
#include "io/shards/data_guess.h"
#include "io/shards/dataset.h"
#include "io/packing/file_kind.h"
#include "io/images/pictures.h"
#include "io/shards/shard.h"
#include "io/packing/square_image.h"
#include "trainer/command.h"
#include "trainer/job/job.h"
#include "trainer/job/options.h"
#include "trainer/run/checkpoint_folder.h"
#include "trainer/streams/data_look.h"
#include "trainer/streams/view_sheet.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct inspect_options {
    bool hash, sheet, views, force;
} inspect_options;

#define FIELD(member) offsetof(inspect_options, member)

static const config_field options[] = {
    {"hash", FIELD_BOOL, FIELD(hash), "false", 0, 0, NULL, "one line, of a checkpoint"},
    {"sheet", FIELD_BOOL, FIELD(sheet), "false", 0, 0, NULL, "the images of a shard"},
    {"views", FIELD_BOOL, FIELD(views), "false", 0, 0, NULL, "the views of a job"},
    {"force", FIELD_BOOL, FIELD(force), "false", 0, 0, NULL, "replace OUT.png"},
    {0}};

// The file itself; of a run folder, the newest checkpoint that is whole.
static status find_file(const char *given, char path[RUN_PATH_SIZE])
{
    struct stat info;
    bool found = true;
    CHECK(snprintf(path, RUN_PATH_SIZE, "%s", given) < RUN_PATH_SIZE, ST_USAGE,
          "inspect: this path is too long: %s", given);
    if (stat(given, &info) != 0 || !S_ISDIR(info.st_mode)) return ST_OK; // who opens it tells
    TRY(checkpoint_folder_find(given, &found, path));
    CHECK(found, ST_NO_INPUT, "%s: no checkpoints of a run in this folder; name a file", given);
    return ST_OK;
}

static status print_hash(const char *given)
{
    char path[RUN_PATH_SIZE];
    TRY(find_file(given, path));
    checkpoint *c;
    uint64_t hash = 0;
    TRY(checkpoint_open(&c, path));
    status s = checkpoint_hash(c, "", &hash);
    checkpoint_close(c);
    TRY(s);
    printf("%016llx\n", (unsigned long long)hash);
    return ST_OK;
}

static void print_array(const checkpoint_array *array, const char *const *type_names)
{
    char dims[96] = "";
    for (int i = 0; i < array->rank; i++) {
        size_t used = strlen(dims);
        snprintf(dims + used, sizeof dims - used, "%s%llu", i > 0 ? " x " : "",
                 (unsigned long long)array->dims[i]);
    }
    printf("  %-56s %-8s %s\n", printable(array->name), type_names[array->type], dims);
}

static status print_checkpoint(const char *path)
{
    static const char *const type_names[] = {
        [ARRAY_F32] = "float32", [ARRAY_I64] = "int64", [ARRAY_U64] = "uint64"};
    checkpoint *c;
    TRY(checkpoint_open(&c, path));
    printf("%s: checkpoint\n", printable(path));
    static const char *const texts[] = {"method", "versions", "instruction_set"};
    for (int i = 0; i < 3; i++) {
        const char *value = checkpoint_get_text(c, texts[i]);
        if (value != NULL) printf("  %-16s %s\n", texts[i], printable(value));
    }
    double numbers = 0;
    for (size_t i = 0; i < checkpoint_count(c); i++) {
        checkpoint_array array = {0};
        checkpoint_describe(c, i, &array);
        print_array(&array, type_names);
        double count = 1;
        for (int d = 0; d < array.rank; d++)
            count *= (double)array.dims[d];
        numbers += count;
    }
    printf("  %zu arrays, %.0f numbers\n", checkpoint_count(c), numbers);
    checkpoint_close(c);
    return ST_OK;
}

static void print_info(const char *path, const dataset_info *info)
{
    printf("%s: image data set\n", printable(path));
    printf("  samples    %llu\n", (unsigned long long)info->count);
    if (info->varied)
        printf("  image      JPEG, PNG or TIFF, up to %d x %d pixels\n", info->height, info->width);
    else
        printf("  image      %d x %d pixels, %d channel%s, %s\n", info->height, info->width,
               info->channels, info->channels == 1 ? "" : "s",
               pixel_type_name(info->type, info->kind));
    if (info->labelled)
        printf("  labels     %d classes\n", info->classes);
    else
        printf("  labels     none\n");
    for (int c = 0; c < info->channels; c++)
        printf("  channel %-2d mean %.4f, deviation %.4f\n", c, (double)info->mean[c],
               (double)info->deviation[c]);
}

static status print_shard(const char *path)
{
    dataset *d;
    const dataset_source source = {
        .files = path, .images = SHARD_IMAGES, .labels = SHARD_LABELS, .axes = "auto"};
    TRY(dataset_open(&d, &source));
    print_info(path, dataset_get_info(d));
    dataset_close(d);
    return data_look_write(stdout, &source);
}

// What is said of the data of a file.
typedef struct data_words {
    char images[CONFIG_TEXT_SIZE], labels[CONFIG_TEXT_SIZE], axes[CONFIG_TEXT_SIZE];
} data_words;

static status read_words(int count, char *const *words, data_words *w)
{
    const struct {
        const char *key;
        char *text;
    } keys[] = {{"data.images=", w->images}, {"data.labels=", w->labels}, {"data.axes=", w->axes}};
    for (int i = 0; i < count; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof keys / sizeof *keys && !known; k++) {
            size_t length = strlen(keys[k].key);
            known = strncmp(words[i], keys[k].key, length) == 0;
            if (known) snprintf(keys[k].text, CONFIG_TEXT_SIZE, "%s", words[i] + length);
        }
        CHECK(
            known, ST_USAGE,
            "inspect: \"%s\": data.images=, data.labels= or data.axes= of an HDF5 file is expected",
            words[i]);
    }
    return ST_OK;
}

static status print_foreign_hdf5(const char *path, int count, char *const *words)
{
    data_words said = {.axes = "auto"};
    data_guess guess;
    TRY(read_words(count, words, &said));
    printf("%s: HDF5 file; a job reads it with data.images set to one of these:\n",
           printable(path));
    TRY(hdf5_list(path, stdout));
    TRY(data_guess_find(&guess, path));
    const char *images = said.images[0] != '\0' ? said.images : guess.images;
    const dataset_source source = {.files = path,
                                   .images = images,
                                   .labels = said.labels[0] != '\0' ? said.labels : guess.labels,
                                   .axes = said.axes};
    if (images[0] == '\0') return ST_OK;
    printf("\n");
    status s = data_look_write(stdout, &source);
    if (s != ST_BAD_DATA && s != ST_CONFIG) return s;
    printf("%s cannot be trained on: %s\n", printable(images), printable(status_message()));
    status_clear(); // the file has been listed
    return ST_OK;
}

static status print_codes(const char *path)
{
    printf("%s: sparse codes; row_offsets tells where those of each sample begin\n",
           printable(path));
    return hdf5_list(path, stdout);
}

static status print_job(const char *path)
{
    job j;
    TRY(job_load(&j, path, 0, NULL));
    for (const char *line = j.resolved; *line != '\0';) {
        int length = (int)strcspn(line, "\n");
        char text[PRINTABLE_SIZE];
        snprintf(text, sizeof text, "%.*s", length, line);
        printf("%s\n", printable(text));
        line += length + (line[length] == '\n');
    }
    job_destroy(&j);
    return ST_OK;
}

static status print_any(const char *given, int count, char *const *words)
{
    char path[RUN_PATH_SIZE];
    TRY(find_file(given, path));
    size_t length = strlen(path);
    if (length > 5 && strcmp(path + length - 5, ".yaml") == 0) return print_job(path);
    file_kind kind;
    TRY(file_kind_find(path, &kind));
    CHECK(count == 0 || kind == FILE_HDF5, ST_USAGE,
          "inspect: \"%s\" tells of somebody's HDF5 file, which %s is not", words[0], path);
    switch (kind) {
    case FILE_CHECKPOINT:
        return print_checkpoint(path);
    case FILE_SHARD:
        return print_shard(path);
    case FILE_CODES:
        return print_codes(path);
    case FILE_HDF5:
        return print_foreign_hdf5(path, count, words);
    case FILE_FOREIGN:
        break;
    }
    return failure(ST_BAD_DATA, "%s: neither HDF5 nor a job (.yaml); nothing to inspect", path);
}

#define SHEET_COLUMNS 10
#define SHEET_IMAGES  100
#define SQUARE_SIDE   128 // of images that differ in size, pixels

// A sheet of stored images in the making.
typedef struct image_sheet {
    dataset *data;
    dataset_info cell;      // of one cell
    square_reader *squares; // NULL when all images have the size of a cell
    picture picture;
    void *stored, *square; // one image; square: (SQUARE_SIDE, SQUARE_SIDE, 3)
} image_sheet;

static status open_sheet(image_sheet *s, const char *files, int *count)
{
    TRY(dataset_open(
        &s->data,
        &(dataset_source){.files = files, .images = SHARD_IMAGES, .labels = "", .axes = "NHWC"}));
    const dataset_info *info = dataset_get_info(s->data);
    *count = info->count < SHEET_IMAGES ? (int)info->count : SHEET_IMAGES;
    s->cell = *info;
    if (info->varied) {
        s->cell.height = s->cell.width = SQUARE_SIDE;
        TRY(square_reader_create(&s->squares, SQUARE_SIDE));
    }
    s->stored = malloc(info->sample_bytes);
    s->square = malloc((size_t)3 * SQUARE_SIDE * SQUARE_SIDE);
    CHECK(s->stored != NULL && s->square != NULL, ST_INTERNAL, "no memory for an image");
    return sheet_create(&s->picture, (*count + SHEET_COLUMNS - 1) / SHEET_COLUMNS, SHEET_COLUMNS,
                        &s->cell);
}

static status fill_sheet(image_sheet *s, int count)
{
    for (int i = 0; i < count; i++) {
        image_size size;
        TRY(dataset_read_sized(s->data, (uint64_t)i, s->stored, &size));
        if (s->squares != NULL)
            TRY(square_reader_resize(
                s->squares,
                &(decoded_image){.header = {.height = size.height, .width = size.width},
                                 .channels = 3,
                                 .type = PIXEL_U8,
                                 .pixels = s->stored},
                s->square));
        sheet_place(&s->picture, SHEET_COLUMNS, i, &s->cell,
                    s->squares != NULL ? s->square : s->stored);
    }
    return ST_OK;
}

// The first images of the shards `files`, ten in a row.
static status draw_sheet(const char *files, const char *out, bool force)
{
    TRY(named_output_check(out, &(output_rules){force, &files, 1, NULL}));
    image_sheet sheet = {0};
    int count;
    status s = open_sheet(&sheet, files, &count);
    if (s == ST_OK) s = fill_sheet(&sheet, count);
    if (s == ST_OK) s = sheet_write(out, &sheet.picture, &sheet.cell);
    picture_free(&sheet.picture);
    square_reader_destroy(sheet.squares);
    free(sheet.stored);
    free(sheet.square);
    dataset_close(sheet.data);
    return s;
}

// Views of the job argv[0], changed by the key=value words after OUT.png, argv[1].
static status draw_views(int argc, char **argv, bool force)
{
    TRY(options_check_overrides("inspect", argc - 2, argv + 2));
    job j;
    TRY(job_load(&j, argv[0], argc - 2, argv + 2));
    job_inputs inputs;
    output_rules rules = job_output_rules(&j, argv[0], force, &inputs);
    status s = named_output_check(argv[1], &rules);
    if (s == ST_OK) s = view_sheet_write(&j, argv[1]);
    job_destroy(&j);
    return s;
}

static status inspect(int argc, char **argv)
{
    inspect_options o;
    TRY(options_read("inspect", &argc, argv, options, &o));
    int ways = o.hash + o.sheet + o.views;
    if (o.hash && ways == 1 && argc == 1) return print_hash(argv[0]);
    if (o.sheet && ways == 1 && argc == 2) return draw_sheet(argv[0], argv[1], o.force);
    if (o.views && ways == 1 && argc >= 2) return draw_views(argc, argv, o.force);
    CHECK(ways == 0 && argc >= 1, ST_USAGE,
          "inspect: expected one FILE or RUN, --hash CHECKPOINT or RUN, --sheet SHARD OUT.png or "
          "--views JOB "
          "OUT.png");
    return print_any(argv[0], argc - 1, argv + 1);
}

static status run(const world *w, int argc, char **argv)
{
    return agree_done(w, w->rank == 0 ? inspect(argc, argv) : ST_OK);
}

const command_type command_inspect = {
    .name = "inspect",
    .usage = "FILE [data.images=PATH data.labels=PATH data.axes=ORDER] | RUN | --hash "
             "CHECKPOINT|RUN | --sheet SHARD OUT.png | --views JOB OUT.png "
             "[key=value ...] [--force]",
    .help =
        "show what a shard, checkpoint, HDF5 file or job holds; of a run, its newest checkpoint",
    .more = "An HDF5 file of images, a shard too, is also looked through: what a job takes it for, "
            "chunks,\n"
            "range, NaN, classes, images read a second, and the line to train with.\n"
            "--hash   one line, the hash of all arrays of a checkpoint: parameters, statistics,\n"
            "         optimizer, queue; it depends neither on file layout nor on ranks\n"
            "--sheet  draws the first 100 images of a shard; encoded images as squares\n"
            "--views  draws the first samples of a job's training: stored image, then view 0 and\n"
            "         view 1 of epoch 0, of epoch 1 and so on\n"
            "--force  replace OUT.png, if it is there; never one of the files that are read\n",
    .run = run,
};
