// io/images/image_file.c -- file ─> bytes ─> pixels (H, W, 3), in two buffers that grow.
#include "io/images/image_file.h"

#include "io/files/buffer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static status read_open_file(image_file *f, FILE *in, encoded_image *e)
{
    struct stat about;
    CHECK(fstat(fileno(in), &about) == 0, ST_IO, "%s: %s", e->name, strerror(errno));
    CHECK(S_ISREG(about.st_mode), ST_BAD_DATA, "%s: not a file", e->name);
    e->size = (size_t)about.st_size;
    TRY(buffer_reserve(&f->bytes, e->size, e->name));
    e->bytes = f->bytes.data;
    CHECK(fread(f->bytes.data, 1, e->size, in) == e->size, ST_IO, "%s: cannot be read: %s", e->name,
          ferror(in) ? strerror(errno) : "it became shorter meanwhile");
    return ST_OK;
}

status image_file_read(image_file *f, const char *path, encoded_image *bytes)
{
    *bytes = (encoded_image){.name = path};
    FILE *in = fopen(path, "rb");
    CHECK(in != NULL, errno == ENOENT ? ST_NO_INPUT : ST_IO, "%s: cannot be opened: %s", path,
          strerror(errno));
    status s = read_open_file(f, in, bytes);
    (void)fclose(in); // only read from
    return s;
}

status image_file_decode(image_file *f, const encoded_image *bytes, decoded_image *pixels)
{
    int height = 0, width = 0;
    TRY(image_decoder_size(f->decoder, bytes, &height, &width));
    TRY(buffer_reserve(&f->pixels, 3 * (size_t)height * (size_t)width, bytes->name));
    TRY(image_decoder_decode(f->decoder, bytes, height, width, f->pixels.data));
    *pixels = (decoded_image){height, width, f->pixels.data};
    return ST_OK;
}
