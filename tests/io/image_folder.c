// tests/io/image_folder.c -- pictures by formula, encoded by TurboJPEG and libspng.
#include "tests/io/image_folder.h"

#include "io/packing/image_pack.h"
#include "io/images/pictures.h"
#include "tests/check.h"

#include <ftw.h>
#include <spng.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <turbojpeg.h>

void image_folder_class(const test_folder *folder, const char *name)
{
    assert_int_equal(mkdir(test_path(folder, name), 0777), 0);
}

static picture plain_picture(int height, int width, int shade)
{
    size_t count = (size_t)height * (size_t)width;
    picture p = {.width = width, .height = height, .channels = 3};
    p.pixels = malloc(count * 3);
    for (size_t i = 0; i < count; i++) {
        p.pixels[3 * i] = (unsigned char)shade;
        p.pixels[3 * i + 1] = 100;
        p.pixels[3 * i + 2] = 200;
    }
    return p;
}

void image_folder_png(const test_folder *folder, const char *name, int height, int width, int shade)
{
    picture p = plain_picture(height, width, shade);
    assert_ok(picture_write(test_path(folder, name), &p));
    picture_free(&p);
}

static void write_jpeg(const test_folder *folder, const char *name, const picture *p,
                       size_t missing)
{
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    tjhandle encoder = tjInitCompress();
    assert_int_equal(tjCompress2(encoder, p->pixels, p->width, 0, p->height, TJPF_RGB, &bytes,
                                 &size, TJSAMP_420, 95, 0),
                     0);
    tjDestroy(encoder);
    test_write(folder, name, bytes, size - missing);
    tjFree(bytes);
}

void image_folder_jpeg(const test_folder *folder, const char *name, int height, int width,
                       int shade, size_t missing)
{
    picture p = plain_picture(height, width, shade);
    write_jpeg(folder, name, &p, missing);
    picture_free(&p);
}

void image_folder_deep(const test_folder *folder, const char *name, int height, int width)
{
    size_t count = (size_t)height * (size_t)width, size;
    uint16_t *pixels = malloc(2 * count);
    int problem;
    struct spng_ihdr header = {
        .width = (uint32_t)width, .height = (uint32_t)height, .bit_depth = 16};
    for (size_t i = 0; i < count; i++)
        pixels[i] = (uint16_t)(1000 + i);
    spng_ctx *png = spng_ctx_new(SPNG_CTX_ENCODER);
    assert_int_equal(spng_set_option(png, SPNG_ENCODE_TO_BUFFER, 1), 0);
    assert_int_equal(spng_set_ihdr(png, &header), 0);
    assert_int_equal(spng_encode_image(png, pixels, 2 * count, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE),
                     0);
    void *bytes = spng_get_png_buffer(png, &size, &problem);
    assert_int_equal(problem, 0);
    test_write(folder, name, bytes, size);
    free(bytes);
    spng_ctx_free(png);
    free(pixels);
}

void image_folder_inks(const test_folder *folder, const char *name, int height, int width)
{
    static const unsigned char exif[] = {0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0,    0, 'I', 'I',
                                         42,   0,    8, 0,  0,   0,   1,   0,   0x12, 1, 3,   0,
                                         1,    0,    0, 0,  6,   0,   0,   0,   0,    0, 0,   0};
    size_t count = (size_t)height * (size_t)width * 4;
    unsigned char *inks = malloc(count), *bytes = NULL, *turned;
    unsigned long size = 0;
    memset(inks, 128, count);
    tjhandle encoder = tjInitCompress();
    assert_int_equal(
        tjCompress2(encoder, inks, width, 0, height, TJPF_CMYK, &bytes, &size, TJSAMP_444, 95, 0),
        0);
    tjDestroy(encoder);
    turned = malloc(size + sizeof exif);
    memcpy(turned, bytes, 2);
    memcpy(turned + 2, exif, sizeof exif);
    memcpy(turned + 2 + sizeof exif, bytes + 2, size - 2);
    test_write(folder, name, turned, size + sizeof exif);
    tjFree(bytes);
    free(turned);
    free(inks);
}

void image_folder_pattern(const test_folder *folder, const char *name, int height, int width,
                          int seed)
{
    picture p = plain_picture(height, width, 0);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                p.pixels[3 * (y * width + x) + c] =
                    (unsigned char)((x * (c + 1) + y * (3 - c) + 37 * seed) % 256);
    write_jpeg(folder, name, &p, 0);
    picture_free(&p);
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *place)
{
    (void)about, (void)type, (void)place;
    return remove(path);
}

int image_folder_remove(const test_folder *folder)
{
    return nftw(folder->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void append(char **text, const char *more)
{
    size_t length = strlen(*text), room = strlen(more) + 1;
    *text = realloc(*text, length + room);
    assert_non_null(*text);
    snprintf(*text + length, room, "%s", more);
}

static void add_result(pack_result *sum, const pack_result *one)
{
    sum->skipped += one->skipped;
    sum->kept_shards += one->kept_shards;
    sum->notes.turned += one->notes.turned;
    sum->notes.inks += one->notes.inks;
    sum->notes.cut += one->notes.cut;
    for (int i = 0; i < one->split_count; i++) {
        shard_series_result *to = &sum->splits[i].made;
        const shard_series_result *from = &one->splits[i].made;
        to->samples += from->samples;
        to->files += from->files;
        to->classes = to->classes > from->classes ? to->classes : from->classes;
    }
    sum->split_count = one->split_count;
}

static status pack_one(const pack_job *job, pack_result *sum, char **left_out)
{
    image_pack *p;
    pack_result result;
    TRY(image_pack_open(&p, job));
    status s = ST_OK;
    for (int round = 0; round < image_pack_rounds(p) && s == ST_OK; round++) {
        s = image_pack_round(p, round);
        append(left_out, image_pack_left_out(p));
    }
    image_pack_result(p, &result);
    add_result(sum, &result);
    if (s == ST_OK && job->rank == job->rank_count - 1) image_pack_finish(p);
    image_pack_close(p);
    return s;
}

status image_folder_pack(const pack_job *job, pack_result *result, char **left_out)
{
    char *lines = calloc(1, 1);
    status s = ST_OK;
    *result = (pack_result){0};
    for (int rank = 0; rank < job->rank_count && s == ST_OK; rank++) {
        pack_job own = *job;
        own.rank = rank;
        s = pack_one(&own, result, &lines);
    }
    if (left_out != NULL)
        *left_out = lines;
    else
        free(lines);
    return s;
}
