// io/packing/image_shard.c -- two passes over the images: look at each, then store those that are
// whole.
#include "io/packing/image_shard.h"

#include "base/input.h"
#include "base/log.h"
#include "base/pulse.h"
#include "base/stop_signal.h"
#include "io/shards/encoded_writer.h"
#include "io/images/image_file.h"
#include "io/shards/shard_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define HASH_VERSION "basin images 1"
#define NO_FILE      UINT64_MAX // the size of what is not there

static void hash_text(XXH3_state_t *state, const char *text)
{
    XXH3_64bits_update(state, text, strlen(text) + 1);
}

static status hash_images(const image_shard *s, XXH3_state_t *state)
{
    for (size_t i = 0; i < s->count; i++) {
        const source_image *image = &s->images[i];
        uint64_t size = 0;
        pulse_tick();
        status seen = input_size_of(image->path, &size);
        if (seen == ST_NO_INPUT && s->skip_bad) {
            status_clear(); // it is named when the shard is made
            size = NO_FILE;
        } else if (seen != ST_OK)
            return seen;
        int64_t numbers[] = {(int64_t)size, image->label};
        hash_text(state, image->path + s->root_length);
        XXH3_64bits_update(state, numbers, sizeof numbers);
    }
    return ST_OK;
}

// RGB squares by their side alone, files by 0.
static void hash_form(const stored_form *f, XXH3_state_t *state)
{
    bool plain = f == NULL || (f->square && f->decoded == IMAGE_RGB);
    int side = f == NULL ? 0 : plain ? f->height : -1;
    XXH3_64bits_update(state, &side, sizeof side);
    if (plain) return;
    int numbers[] = {f->square, (int)f->decoded, f->height, f->width, f->channels, (int)f->type};
    XXH3_64bits_update(state, numbers, sizeof numbers);
}

status image_shard_hash(const image_shard *s, uint64_t *hash)
{
    XXH3_state_t *state = XXH3_createState();
    CHECK(state != NULL, ST_INTERNAL, "no memory to look at the files for \"%s\"", s->path);
    XXH3_64bits_reset(state);
    hash_text(state, HASH_VERSION);
    hash_form(s->form, state);
    hash_text(state, s->class_names != NULL ? s->class_names : "");
    status result = hash_images(s, state);
    *hash = XXH3_64bits_digest(state);
    if (*hash == 0) *hash = 1;
    XXH3_freeState(state);
    return result;
}

// One shard in the making.
typedef struct work {
    const image_shard *shard;
    size_t *kept;     // (kept_count) numbers of those found whole so far
    uint64_t *hashes; // (count) of each file's bytes; 0: not read
    uint64_t *sizes;  // (kept) bytes of each
    size_t kept_count;
    uint64_t left_out;
    shard_columns columns;
    image_file *file;
    stored_maker *maker;
    void *pixels; // of one decoded image
} work;

static sample_shape shape_of(const image_shard *s)
{
    const stored_form *f = s->form;
    return (sample_shape){.height = f != NULL ? f->height : 0,
                          .width = f != NULL ? f->width : 0,
                          .channels = f != NULL ? f->channels : 3,
                          .type = f != NULL ? f->type : PIXEL_U8,
                          .labelled = s->class_names != NULL,
                          .class_names = s->class_names};
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static void note(const work *w, const decoded_image *decoded)
{
    w->shard->notes->turned += decoded->header.orientation != 1;
    w->shard->notes->inks += decoded->header.cmyk;
    w->shard->notes->cut += decoded->type == PIXEL_U8 && decoded->header.type == PIXEL_U16;
}

static uint64_t never_zero(uint64_t hash)
{
    return hash != 0 ? hash : 1;
}

// Image `number`; when it is read a second time, it must be as it was. A request to stop is heard
// here.
static status read_image(work *w, size_t number, encoded_image *bytes)
{
    const char *path = w->shard->images[number].path;
    TRY(stop_signal_check());
    TRY(image_file_read(w->file, path, bytes));
    uint64_t hash = never_zero(XXH3_64bits(bytes->bytes, bytes->size));
    CHECK(w->hashes[number] == 0 || w->hashes[number] == hash, ST_IO,
          "%s: was changed while it was packed: start again", path);
    w->hashes[number] = hash;
    return ST_OK;
}

static uint64_t contents_of(const work *w)
{
    return never_zero(XXH3_64bits(w->hashes, w->shard->count * sizeof *w->hashes));
}

// Decodes an image for the moments, and notes its size and checksum.
static status look_at_encoded(work *w, size_t number)
{
    const source_image *image = &w->shard->images[number];
    encoded_image bytes;
    decoded_image decoded;
    TRY(read_image(w, number, &bytes));
    TRY(image_file_decode(w->file, &bytes, IMAGE_RGB, &decoded));
    sample_shape *shape = &w->columns.shape;
    shape->height = larger(shape->height, decoded.header.height);
    shape->width = larger(shape->width, decoded.header.width);
    shard_columns_add(&w->columns,
                      &(shard_sample){bytes.bytes, bytes.size, decoded.pixels,
                                      decoded.header.height, decoded.header.width, &image->label});
    w->sizes[w->kept_count] = bytes.size;
    note(w, &decoded);
    return ST_OK;
}

static status make_pixels(work *w, size_t number, decoded_image *decoded)
{
    encoded_image bytes;
    TRY(read_image(w, number, &bytes));
    TRY(image_file_decode(w->file, &bytes, w->shard->form->decoded, decoded));
    return stored_maker_make(w->maker, decoded, w->shard->images[number].path, w->pixels);
}

static status look_at_decoded(work *w, size_t number)
{
    decoded_image decoded;
    return make_pixels(w, number, &decoded);
}

// The whole images are kept, the broken ones left out or an error.
static status look_at_all(work *w, status (*look)(work *, size_t))
{
    const image_shard *shard = w->shard;
    for (size_t i = 0; i < shard->count; i++) {
        status s = look(w, i);
        if (s == ST_OK) {
            w->kept[w->kept_count++] = i;
        } else if ((s == ST_BAD_DATA || s == ST_NO_INPUT) && shard->skip_bad) {
            shard->left_out(shard->context, status_message());
            status_clear();
            w->left_out++;
        } else
            return s;
        if (i % 256 == 255)
            progress_line(PACK_PROGRESS_SECONDS, "%s: %zu of %zu images", shard->path, i + 1,
                          shard->count);
    }
    progress_end();
    CHECK(w->kept_count > 0, ST_BAD_DATA, "%s: all of its images are broken, from %s on",
          shard->path, shard->images[0].path);
    return ST_OK;
}

static status copy_files(work *w, encoded_writer *writer)
{
    for (size_t i = 0; i < w->kept_count; i++) {
        encoded_image bytes;
        TRY(read_image(w, w->kept[i], &bytes));
        TRY(encoded_writer_add(writer, &bytes));
    }
    return ST_OK;
}

static status write_encoded(work *w, uint64_t hash)
{
    encoded_writer *writer;
    sample_shape none = shape_of(w->shard);
    TRY(shard_columns_create(&w->columns, w->shard->path, &none, w->shard->count));
    w->columns.varied = true;
    TRY(look_at_all(w, look_at_encoded));
    w->columns.source = (shard_source){hash, w->left_out, contents_of(w)};
    TRY(encoded_writer_open(&writer, w->shard->path, &w->columns, w->sizes));
    status s = copy_files(w, writer);
    if (s == ST_OK) return encoded_writer_close(writer);
    encoded_writer_abandon(writer);
    return s;
}

static status store_decoded(work *w, shard_writer *writer)
{
    for (size_t i = 0; i < w->kept_count; i++) {
        decoded_image decoded;
        TRY(make_pixels(w, w->kept[i], &decoded));
        note(w, &decoded);
        TRY(shard_writer_add(writer, w->pixels, &w->shard->images[w->kept[i]].label));
    }
    return ST_OK;
}

static void keep_all(work *w)
{
    for (size_t i = 0; i < w->shard->count; i++)
        w->kept[w->kept_count++] = i;
}

static status write_decoded(work *w, uint64_t hash)
{
    shard_writer *writer;
    sample_shape shape = shape_of(w->shard);
    TRY(stored_maker_create(&w->maker, w->shard->form));
    w->pixels = malloc(sample_bytes(&shape));
    CHECK(w->pixels != NULL, ST_INTERNAL, "no memory for one image");
    if (w->shard->skip_bad)
        TRY(look_at_all(w, look_at_decoded));
    else
        keep_all(w);
    TRY(shard_writer_open(&writer, w->shard->path, &shape, w->kept_count));
    status s = store_decoded(w, writer);
    shard_writer_set_source(writer, &(shard_source){hash, w->left_out, contents_of(w)});
    if (s == ST_OK) return shard_writer_close(writer);
    shard_writer_abandon(writer);
    return s;
}

status image_shard_write(const image_shard *shard, uint64_t hash, uint64_t *stored,
                         uint64_t *left_out)
{
    work w = {.shard = shard};
    w.kept = calloc(shard->count, sizeof *w.kept);
    w.sizes = calloc(shard->count, sizeof *w.sizes);
    w.hashes = calloc(shard->count, sizeof *w.hashes);
    status s = image_file_create(&w.file);
    if (s == ST_OK && (w.kept == NULL || w.sizes == NULL || w.hashes == NULL))
        s = failure(ST_INTERNAL, "no memory to write \"%s\": use smaller shards", shard->path);
    if (s == ST_OK) s = shard->form != NULL ? write_decoded(&w, hash) : write_encoded(&w, hash);
    *stored = w.kept_count;
    *left_out = w.left_out;
    shard_columns_free(&w.columns);
    image_file_destroy(w.file);
    stored_maker_destroy(w.maker);
    free(w.pixels);
    free(w.kept);
    free(w.sizes);
    free(w.hashes);
    return s;
}

static status read_contents(work *w)
{
    for (size_t i = 0; i < w->shard->count; i++) {
        encoded_image bytes;
        status s = read_image(w, i, &bytes);
        if (s == ST_OK) continue;
        if ((s != ST_BAD_DATA && s != ST_NO_INPUT) || !w->shard->skip_bad) return s;
        status_clear(); // as when the shard was made
    }
    return ST_OK;
}

status image_shard_contents(const image_shard *shard, uint64_t *hash)
{
    work w = {.shard = shard};
    w.hashes = calloc(shard->count, sizeof *w.hashes);
    status s = w.hashes != NULL ? image_file_create(&w.file)
                                : failure(ST_INTERNAL, "no memory to look at \"%s\"", shard->path);
    if (s == ST_OK) s = read_contents(&w);
    if (s == ST_OK) *hash = contents_of(&w);
    image_file_destroy(w.file);
    free(w.hashes);
    return s;
}
