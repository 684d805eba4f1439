// io/packing/stored_form.c -- decoded pixels become numbers of the type asked for, and a square
// where one is asked for.
#include "io/packing/stored_form.h"

#include "io/files/buffer.h"
#include "io/images/pixels.h"
#include "io/packing/square_image.h"

#include <stdlib.h>
#include <string.h>

struct stored_maker {
    const stored_form *form;
    square_reader *squares; // NULL: images are stored whole
    buffer numbers;         // of an image, of the form's type
};

static const char *const type_names[] = {
    [PIXEL_U8] = "uint8", [PIXEL_U16] = "uint16", [PIXEL_F32] = "float32"};
static const char *const option_names[] = {
    [PIXEL_U8] = "u8", [PIXEL_U16] = "u16", [PIXEL_F32] = "f32"};

// The header of the first image that has one.
static status find_first(image_file *f, const pack_job *job, const image_source *source,
                         image_header *header)
{
    for (size_t i = 0; i < source->count; i++) {
        encoded_image bytes;
        status s = image_file_read(f, source->images[i].path, &bytes);
        if (s == ST_OK) s = image_file_look(f, &bytes, header);
        if (s == ST_OK) return ST_OK;
        if (!job->skip_bad || (s != ST_BAD_DATA && s != ST_NO_INPUT)) return s;
        status_clear(); // it is named when its shard is made
    }
    return failure(ST_BAD_DATA, "%s: all of its images are broken", job->sources[0]);
}

status stored_form_find(stored_form *form, const pack_job *job, const image_source *source)
{
    static const pixel_type types[] = {[PACK_RGB] = PIXEL_U8,
                                       [PACK_U8] = PIXEL_U8,
                                       [PACK_U16] = PIXEL_U16,
                                       [PACK_F32] = PIXEL_F32};
    bool rgb = job->pixels == PACK_RGB, square = job->side > 0;
    image_header header = {.channels = 3};
    if (!rgb || !square) {
        image_file *f;
        TRY(image_file_create(&f));
        status s = find_first(f, job, source, &header);
        image_file_destroy(f);
        TRY(s);
    }
    *form = (stored_form){.square = square,
                          .decoded = rgb ? IMAGE_RGB : IMAGE_STORED,
                          .height = square ? job->side : header.height,
                          .width = square ? job->side : header.width,
                          .channels = rgb ? 3 : header.channels,
                          .type = types[job->pixels]};
    return ST_OK;
}

status stored_maker_create(stored_maker **created, const stored_form *form)
{
    *created = NULL;
    stored_maker *m = calloc(1, sizeof *m);
    CHECK(m != NULL, ST_INTERNAL, "no memory to read images");
    m->form = form;
    status s = form->square ? square_reader_create(&m->squares, form->height) : ST_OK;
    if (s != ST_OK) {
        free(m);
        return s;
    }
    *created = m;
    return ST_OK;
}

void stored_maker_destroy(stored_maker *m)
{
    if (m == NULL) return;
    square_reader_destroy(m->squares);
    free(m->numbers.data);
    free(m);
}

static status check_fits(const stored_form *form, const decoded_image *d, const char *name)
{
    CHECK(d->channels == form->channels, ST_BAD_DATA,
          "%s: has %d channels, but the first image has %d: pack them apart, or as --pixels rgb",
          name, d->channels, form->channels);
    CHECK(form->square || (d->header.height == form->height && d->header.width == form->width),
          ST_BAD_DATA,
          "%s: has %d x %d pixels, but the first image has %d x %d: give the side of a square, as "
          "in --decode %d",
          name, d->header.height, d->header.width, form->height, form->width,
          form->height < form->width ? form->height : form->width);
    CHECK(d->type <= form->type, ST_BAD_DATA,
          "%s: its pixels are %s, which %s cannot hold: give --pixels %s", name,
          type_names[d->type], type_names[form->type], option_names[d->type]);
    return ST_OK;
}

// 255 becomes 65535 or 1, and 65535 becomes 1.
static void widen(const decoded_image *d, size_t count, pixel_type type, void *numbers)
{
    const uint8_t *bytes = d->pixels;
    const uint16_t *words = d->pixels;
    uint16_t *wide = numbers;
    float *reals = numbers;
    for (size_t i = 0; i < count; i++)
        if (type == PIXEL_U16)
            wide[i] = (uint16_t)(bytes[i] * 257);
        else
            reals[i] = d->type == PIXEL_U8 ? (float)bytes[i] / 255 : (float)words[i] / 65535;
}

status stored_maker_make(stored_maker *m, const decoded_image *decoded, const char *name,
                         void *pixels)
{
    const stored_form *form = m->form;
    decoded_image d = *decoded;
    TRY(check_fits(form, &d, name));
    size_t count = (size_t)d.header.height * (size_t)d.header.width * (size_t)d.channels;
    if (d.type != form->type) {
        TRY(buffer_reserve(&m->numbers, count * pixel_bytes(form->type), name));
        widen(&d, count, form->type, m->numbers.data);
        d.type = form->type;
        d.pixels = m->numbers.data;
    }
    CHECK(d.type != PIXEL_F32 || pixels_finite(d.pixels, count), ST_BAD_DATA,
          "%s: holds NaN or infinite values: replace or remove them", name);
    if (form->square) return square_reader_resize(m->squares, &d, pixels);
    memcpy(pixels, d.pixels, count * pixel_bytes(d.type));
    return ST_OK;
}
