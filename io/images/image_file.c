// io/images/image_file.c -- file ─> bytes ─> pixels (H, W, 3), in two buffers that grow.
#include "io/images/image_file.h"

#include "base/input.h"
#include "base/pulse.h"
#include "io/files/buffer.h"
#include "io/images/pixels.h"

#include <stdlib.h>
#include <unistd.h>

struct image_file {
    image_decoder *decoder;
    buffer bytes, pixels;
};

status image_file_create(image_file **created)
{
    *created = NULL;
    image_file *f = calloc(1, sizeof *f);
    CHECK(f != NULL, ST_INTERNAL, "no memory to read images");
    status s = image_decoder_create(&f->decoder);
    if (s != ST_OK) {
        free(f);
        return s;
    }
    *created = f;
    return ST_OK;
}

void image_file_destroy(image_file *f)
{
    if (f == NULL) return;
    image_decoder_destroy(f->decoder);
    free(f->bytes.data);
    free(f->pixels.data);
    free(f);
}

static status read_whole(image_file *f, int in, encoded_image *e)
{
    uint64_t size;
    size_t got;
    TRY(input_size(in, e->name, &size));
    e->size = (size_t)size;
    TRY(buffer_reserve(&f->bytes, e->size, e->name));
    e->bytes = f->bytes.data;
    TRY(input_read(in, e->name, 0, f->bytes.data, e->size, &got));
    CHECK(got == e->size, ST_IO, "%s: cannot be read: it became shorter meanwhile", e->name);
    return ST_OK;
}

status image_file_read(image_file *f, const char *path, encoded_image *bytes)
{
    int in;
    *bytes = (encoded_image){.name = path};
    pulse_tick();
    TRY(input_open(&in, path));
    status s = read_whole(f, in, bytes);
    close(in); // only read from
    return s;
}

status image_file_look(image_file *f, const encoded_image *bytes, image_header *header)
{
    return image_decoder_look(f->decoder, bytes, header);
}

status image_file_decode(image_file *f, const encoded_image *bytes, image_form form,
                         decoded_image *pixels)
{
    image_header *header = &pixels->header;
    TRY(image_decoder_look(f->decoder, bytes, header));
    pixels->channels = form == IMAGE_RGB ? 3 : header->channels;
    pixels->type = form == IMAGE_RGB ? PIXEL_U8 : header->type;
    size_t count = (size_t)header->height * (size_t)header->width;
    size_t pixel_size = (size_t)pixels->channels * pixel_bytes(pixels->type);
    TRY(buffer_reserve(&f->pixels, count * pixel_size, bytes->name));
    TRY(image_decoder_decode(f->decoder, bytes, header, form, f->pixels.data));
    pixels->pixels = f->pixels.data;
    return ST_OK;
}
