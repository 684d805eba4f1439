// io/packing/pack.c -- finds the format, sums up the samples, and streams them into shards.
#include "io/packing/pack.h"

#include "base/input.h"
#include "io/files/folder.h"
#include "io/packing/format.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORMAT(name) extern const format_type format_##name;
#include "io/packing/formats.def"
#undef FORMAT

#define FORMAT(name) &format_##name,
const format_type *const format_table[] = {
#include "io/packing/formats.def"
    NULL};
#undef FORMAT

// The files of one split.
typedef struct file_list {
    const format_type *format;
    const char *const *paths; // (count)
    int count;
    format_hints hints;
    char *class_names; // of the first file; owned, or NULL
} file_list;

static bool same_shape(const sample_shape *a, const sample_shape *b)
{
    return a->height == b->height && a->width == b->width && a->channels == b->channels &&
           a->type == b->type && a->labelled == b->labelled && a->coarse == b->coarse;
}

static const char *shape_text(const sample_shape *s, char text[80])
{
    snprintf(text, 80, "%d x %d x %d, %s labels", s->height, s->width, s->channels,
             s->labelled ? "with" : "without");
    return text;
}

// What all files must have.
static status take_shape(file_list *files, const format_info *info, format_info *sum)
{
    const char *names = info->shape.class_names;
    sum->shape = info->shape;
    if (names != NULL) files->class_names = strdup(names);
    CHECK(names == NULL || files->class_names != NULL, ST_INTERNAL,
          "no memory for names of classes");
    sum->shape.class_names = files->class_names;
    return ST_OK;
}

static bool same_names(const file_list *files, const sample_shape *shape)
{
    if (files->class_names == NULL || shape->class_names == NULL)
        return files->class_names == NULL && shape->class_names == NULL;
    return strcmp(files->class_names, shape->class_names) == 0;
}

// Opens each file once for its header: all samples of the list, and their common shape.
static status sum_up(file_list *files, format_info *sum)
{
    *sum = (format_info){0};
    for (int i = 0; i < files->count; i++) {
        void *reader;
        format_info info;
        char first[80], other[80];
        TRY(files->format->open(&reader, files->paths[i], &files->hints, &info));
        status s = i == 0 ? take_shape(files, &info, sum) : ST_OK;
        bool same = s == ST_OK && same_names(files, &info.shape);
        files->format->close(reader);
        TRY(s);
        CHECK(
            same, ST_BAD_DATA,
            "\"%s\" names its classes otherwise than \"%s\": pack them apart; training goes by the "
            "names",
            files->paths[i], files->paths[0]);
        CHECK(same_shape(&sum->shape, &info.shape), ST_BAD_DATA,
              "\"%s\" has samples of %s, but \"%s\" of %s: pack them apart", files->paths[i],
              shape_text(&info.shape, other), files->paths[0], shape_text(&sum->shape, first));
        sum->count += info.count;
    }
    return ST_OK;
}

static status copy_file(const file_list *files, int file, void *pixels, shard_series *series)
{
    const format_type *format = files->format;
    void *reader;
    format_info info;
    int64_t labels[2];
    TRY(format->open(&reader, files->paths[file], &files->hints, &info));
    status s = ST_OK;
    for (uint64_t i = 0; i < info.count && s == ST_OK; i++) {
        s = format->next(reader, pixels, labels);
        if (s == ST_OK) s = shard_series_add(series, pixels, labels);
    }
    format->close(reader);
    return s;
}

static status pack_summed(const file_list *files, const format_info *summed, const char *prefix,
                          const pack_job *job, pack_split *split)
{
    format_info sum = *summed;
    shard_series *series;
    split->shape = sum.shape;
    split->shape.class_names = NULL; // which does not last
    void *pixels = malloc(sample_bytes(&sum.shape));
    CHECK(pixels != NULL, ST_INTERNAL, "no memory for one sample of \"%s\"", files->paths[0]);
    const output_rules rules = {job->replace, files->paths, (size_t)files->count, NULL};
    status s = shard_series_open(&series, prefix, &sum.shape, sum.count, job->shard_size, &rules);
    if (s == ST_OK) {
        for (int i = 0; i < files->count && s == ST_OK; i++)
            s = copy_file(files, i, pixels, series);
        if (s == ST_OK)
            s = shard_series_close(series, &split->made);
        else
            shard_series_abandon(series);
    }
    free(pixels);
    return s;
}

static status pack_files(file_list *files, const char *prefix, const pack_job *job,
                         pack_split *split)
{
    format_info sum;
    status s = sum_up(files, &sum);
    if (s == ST_OK) s = pack_summed(files, &sum, prefix, job, split);
    free(files->class_names);
    return s;
}

// "idx (...), cifar10 (...)"
static const char *format_names(char text[512])
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; format_table[i] != NULL && used < 512; i++)
        used += (size_t)snprintf(text + used, 512 - used, "%s%s (%s)", i > 0 ? "; " : "",
                                 format_table[i]->name, format_table[i]->help);
    return text;
}

const char *const pack_split_names[PACK_MAX_SPLITS] = {"train", "val", "test"};

status pack_finds_nothing(const char *folder, const char *ignored)
{
    char text[512];
    return failure(
        ST_BAD_DATA,
        "%s: no file of a known format is in this folder: %s; nor are JPEG, PNG or TIFF files "
        "in it or in its sub-folders%s%s",
        folder, format_names(text), ignored[0] != '\0' ? ", but " : "", ignored);
}

static status check_hints(const format_type *format, const pack_job *job)
{
    bool none =
        job->images == NULL && job->column == NULL && job->axes == NULL && job->nan == NAN_REFUSE;
    CHECK(
        none || format == &format_hdf5, ST_USAGE,
        "pack: --images, --labels, --axes and --nan tell of HDF5 files, but \"%s\" is of format %s",
        job->sources[0], format->name);
    return ST_OK;
}

static status pack_sources(const pack_job *job, pack_result *result)
{
    char names[512];
    file_list files = {.paths = job->sources,
                       .count = job->source_count,
                       .hints = {job->raw, job->images, job->column, job->axes, job->nan}};
    for (int i = 0; i < job->source_count; i++) {
        const char *path = job->sources[i];
        const format_type *format = NULL;
        CHECK(!folder_exists(path), ST_USAGE,
              "\"%s\" is a folder: give one folder alone, or files only", path);
        TRY(input_check(path));
        if (job->raw != NULL) format = &format_raw;
        for (int j = 0; format_table[j] != NULL && format == NULL; j++)
            if (format_table[j]->probe(path)) format = format_table[j];
        CHECK(format != NULL, ST_BAD_DATA, "%s: not a file of a known format: %s", path,
              format_names(names));
        CHECK(i == 0 || format == files.format, ST_BAD_DATA,
              "\"%s\" is of format %s, but \"%s\" of %s: pack them apart", path, format->name,
              job->sources[0], files.format->name);
        files.format = format;
    }
    ASSERT(files.format != NULL);
    TRY(check_hints(files.format, job));
    result->split_count = 1;
    result->splits[0].name = "";
    return pack_files(&files, job->destination, job, &result->splits[0]);
}

// Full paths of those names that the format gives to the split; NULL: no memory. Free each and all.
static char **split_paths(const format_type *format, const char *split, const char *folder,
                          char *const *names, int *count)
{
    size_t room = 1;
    while (names[room - 1] != NULL)
        room++;
    char **paths = calloc(room, sizeof *paths);
    *count = 0;
    for (; paths != NULL && *names != NULL; names++) {
        const char *its = format->split(*names);
        if (its == NULL || strcmp(its, split) != 0) continue;
        if (asprintf(&paths[*count], "%s/%s", folder, *names) < 0) {
            paths[*count] = NULL;
            folder_free(paths);
            return NULL;
        }
        ++*count;
    }
    return paths;
}

static const format_type *folder_format(char *const *names)
{
    for (int i = 0; format_table[i] != NULL; i++)
        for (char *const *name = names; *name != NULL; name++)
            if (format_table[i]->split(*name) != NULL) return format_table[i];
    return NULL;
}

static void split_prefix(const pack_job *job, const char *name, char prefix[PATH_MAX])
{
    snprintf(prefix, PATH_MAX, "%s/%s", job->destination, name);
}

static status pack_split_of(const format_type *format, const char *name, char *const *names,
                            const pack_job *job, pack_result *result)
{
    char prefix[PATH_MAX];
    file_list files = {.format = format};
    char **paths = split_paths(format, name, job->sources[0], names, &files.count);
    CHECK(paths != NULL, ST_INTERNAL, "no memory for the files of \"%s\"", job->sources[0]);
    files.paths = (const char *const *)paths;
    status s = ST_OK;
    if (files.count > 0) {
        pack_split *split = &result->splits[result->split_count++];
        split->name = name;
        split_prefix(job, name, prefix);
        s = pack_files(&files, prefix, job, split);
    }
    folder_free(paths);
    return s;
}

static status pack_folder(const pack_job *job, pack_result *result)
{
    char **names;
    TRY(folder_list(job->sources[0], &names));
    const format_type *format = folder_format(names);
    status s = format != NULL ? check_hints(format, job) : pack_finds_nothing(job->sources[0], "");
    for (int i = 0; i < PACK_MAX_SPLITS && s == ST_OK; i++)
        s = pack_split_of(format, pack_split_names[i], names, job, result);
    for (int i = 0; i < result->split_count && s != ST_OK; i++) {
        char prefix[PATH_MAX];
        split_prefix(job, result->splits[i].name, prefix);
        shard_series_remove(prefix, result->splits[i].made.files);
    }
    folder_free(names);
    return s;
}

status pack_finds_images(const pack_job *job, bool *images)
{
    *images = false;
    uint64_t bytes;
    TRY(input_size_of(job->sources[0], &bytes)); // it is there
    if (job->source_count != 1 || !folder_exists(job->sources[0])) return ST_OK;
    char **names;
    TRY(folder_list(job->sources[0], &names));
    *images = folder_format(names) == NULL;
    folder_free(names);
    return ST_OK;
}

status pack(const pack_job *job, pack_result *result)
{
    *result = (pack_result){0};
    if (job->raw == NULL && job->source_count == 1 && folder_exists(job->sources[0]))
        return pack_folder(job, result);
    return pack_sources(job, result);
}
