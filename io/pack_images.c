// io/pack_images.c -- class folders, image by image in the order of their names, into shards.
#include "io/pack_images.h"

#include "base/log.h"
#include "io/square_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLASS_NAMES_SIZE 64000 // HDF5 keeps attributes of less than 64 KiB
#define PROGRESS_SECONDS 10.0  // between lines when stderr is no terminal

void pack_split_prefix(const pack_job *job, const char *name, char prefix[PATH_MAX])
{
    snprintf(prefix, PATH_MAX, "%s/%s", job->destination, name);
}

// By the place in the folder: it does not change when another image is broken.
static int split_of(const class_image *image, const pack_job *job)
{
    if (job->test_every == 0) return 0;
    return (image->place + 1) % (size_t)job->test_every == 0 ? 1 : 0;
}

static sample_shape image_shape(const class_folder *images, const pack_job *job)
{
    return (sample_shape){.height = job->side,
                          .width = job->side,
                          .channels = 3,
                          .type = PIXEL_U8,
                          .labelled = true,
                          .class_names = images->class_names};
}

static status drop_bad(class_folder *images, square_reader *reader, unsigned char *pixels,
                       uint64_t *skipped)
{
    size_t kept = 0, count = images->count;
    status s = ST_OK;
    for (size_t i = 0; i < count; i++) {
        class_image image = images->images[i];
        if (s == ST_OK) s = square_reader_get(reader, image.path, pixels);
        if (s == ST_BAD_DATA) {
            log_warn("%s (left out)", status_message());
            status_clear();
            free(image.path);
            s = ST_OK;
            ++*skipped;
        } else
            images->images[kept++] = image;
        if (i % 256 == 255)
            progress_line(PROGRESS_SECONDS, "checked %zu of %zu images", i + 1, count);
    }
    progress_end();
    images->count = kept;
    return s;
}

status pack_images_prepare(class_folder *images, const pack_job *job, uint64_t *skipped)
{
    square_reader *reader;
    CHECK(job->side > 0, ST_USAGE,
          "\"%s\" holds JPEG or PNG files: give --decode S to store them as S x S pixels",
          job->sources[0]);
    CHECK(strlen(images->class_names) < CLASS_NAMES_SIZE, ST_BAD_DATA,
          "%s: the names of its %lld classes are longer than the %d bytes that a shard can keep: "
          "use shorter names",
          job->sources[0], (long long)images->classes, CLASS_NAMES_SIZE);
    if (!job->skip_bad) return ST_OK;
    sample_shape shape = image_shape(images, job);
    TRY(square_reader_create(&reader, job->side));
    unsigned char *pixels = malloc(sample_bytes(&shape));
    status s = pixels == NULL ? failure(ST_INTERNAL, "no memory for one image")
                              : drop_bad(images, reader, pixels, skipped);
    free(pixels);
    square_reader_destroy(reader);
    CHECK(s != ST_OK || images->count > 0, ST_BAD_DATA, "%s: all of its images are broken",
          job->sources[0]);
    return s;
}

static status add_images(const class_folder *images, int split, const pack_job *job,
                         unsigned char *pixels, shard_series *series)
{
    square_reader *reader;
    TRY(square_reader_create(&reader, job->side));
    status s = ST_OK;
    for (size_t i = 0; i < images->count && s == ST_OK; i++) {
        const class_image *image = &images->images[i];
        if (split_of(image, job) != split) continue;
        s = square_reader_get(reader, image->path, pixels);
        if (s == ST_OK) s = shard_series_add(series, pixels, image->label);
    }
    square_reader_destroy(reader);
    return s;
}

status pack_images_split(const class_folder *images, int split, const char *name,
                         const pack_job *job, pack_result *result)
{
    char prefix[PATH_MAX];
    uint64_t count = 0;
    shard_series *series;
    for (size_t i = 0; i < images->count; i++)
        if (split_of(&images->images[i], job) == split) count++;
    if (count == 0) return ST_OK;
    pack_split *made = &result->splits[result->split_count++];
    *made = (pack_split){.name = name, .shape = image_shape(images, job)};
    unsigned char *pixels = malloc(sample_bytes(&made->shape));
    CHECK(pixels != NULL, ST_INTERNAL, "no memory for one image");
    pack_split_prefix(job, name, prefix);
    status s =
        shard_series_open(&series, prefix, &made->shape, count, job->shard_size, job->replace);
    if (s == ST_OK) {
        s = add_images(images, split, job, pixels, series);
        if (s == ST_OK)
            s = shard_series_close(series, &made->made);
        else
            shard_series_abandon(series);
    }
    free(pixels);
    made->shape.class_names = NULL; // the list that owns them ends before the result
    return s;
}
