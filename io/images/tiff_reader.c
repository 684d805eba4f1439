// io/images/tiff_reader.c -- opens a file for libtiff, keeps what it complains of, and makes RGB.
#include "io/images/tiff_reader.h"

#include "base/input.h"
#include "io/images/tiff_numbers.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define MOST_NUMBERS    ((uint64_t)8 * IMAGE_MAX_PIXELS) // of an image; more is taken for damage
#define MOST_ALLOCATION ((tmsize_t)1 << 30)              // that libtiff may make at once, bytes

static __attribute__((format(printf, 4, 0))) int
keep_reason(TIFF *file, void *context, const char *module, const char *format, va_list values)
{
    (void)file, (void)module;
    tiff_reader *r = context;
    if (r->reason[0] == '\0') vsnprintf(r->reason, sizeof r->reason, format, values);
    return 1; // said: no other handler is wanted
}

static __attribute__((format(printf, 4, 0))) int
ignore_warning(TIFF *file, void *context, const char *module, const char *format, va_list values)
{
    (void)file, (void)context, (void)module, (void)format, (void)values;
    return 1;
}

static status broken(const tiff_reader *r)
{
    return failure(ST_BAD_DATA, "%s: broken TIFF: %s", r->name,
                   r->reason[0] != '\0' ? r->reason : "its tags do not fit");
}

static tmsize_t read_memory(thandle_t context, void *to, tmsize_t size)
{
    tiff_reader *r = context;
    size_t left = r->place < r->source.size ? r->source.size - r->place : 0;
    size_t count = (size_t)size < left ? (size_t)size : left;
    memcpy(to, r->source.bytes + (left > 0 ? r->place : 0), count);
    r->place += count;
    return (tmsize_t)count;
}

static tmsize_t write_nothing(thandle_t context, void *from, tmsize_t size)
{
    (void)context, (void)from, (void)size;
    return 0;
}

static toff_t seek_memory(thandle_t context, toff_t offset, int whence)
{
    tiff_reader *r = context;
    toff_t start = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? r->place : r->source.size;
    r->place = (size_t)(start + offset);
    return r->place;
}

static int close_memory(thandle_t context)
{
    (void)context;
    return 0;
}

static toff_t size_of_memory(thandle_t context)
{
    return ((tiff_reader *)context)->source.size;
}

static TIFFOpenOptions *make_options(tiff_reader *r)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL) return NULL;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, MOST_ALLOCATION);
    TIFFOpenOptionsSetErrorHandlerExtR(options, keep_reason, r);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore_warning, NULL);
    return options;
}

status tiff_reader_open(tiff_reader *r, const encoded_image *e, tiff_scratch *scratch)
{
    *r = (tiff_reader){.name = e->name, .scratch = scratch, .source = *e};
    TIFFOpenOptions *options = make_options(r);
    CHECK(options != NULL, ST_INTERNAL, "%s: no memory to decode it", e->name);
    // 'm': the memory is not mapped a second time.
    r->file = TIFFClientOpenExt(e->name, "rm", r, read_memory, write_nothing, seek_memory,
                                close_memory, size_of_memory, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return r->file != NULL ? ST_OK : broken(r);
}

status tiff_reader_open_file(tiff_reader *r, const char *path, tiff_scratch *scratch)
{
    int descriptor;
    *r = (tiff_reader){.name = path, .scratch = scratch};
    TRY(input_open(&descriptor, path));
    TIFFOpenOptions *options = make_options(r);
    if (options != NULL) r->file = TIFFFdOpenExt(descriptor, path, "rm", options);
    TIFFOpenOptionsFree(options);
    if (r->file != NULL) return ST_OK;
    close(descriptor);
    return broken(r);
}

void tiff_reader_close(tiff_reader *r)
{
    if (r->file != NULL) TIFFClose(r->file);
    r->file = NULL;
}

static status find_shape(tiff_reader *r, tiff_shape *s)
{
    if (!tiff_shape_find(r->file, s)) return broken(r);
    CHECK((uint64_t)s->height * s->width <= MOST_NUMBERS / (s->samples > 0 ? s->samples : 1) &&
              s->height > 0 && s->width > 0 && s->height <= INT32_MAX && s->width <= INT32_MAX &&
              s->samples > 0,
          ST_BAD_DATA, "%s: broken TIFF: %u x %u pixels of %d numbers", r->name, s->height,
          s->width, s->samples);
    CHECK(s->channels <= DATASET_MAX_CHANNELS, ST_BAD_DATA,
          "%s: has %d channels; at most %d are read", r->name, s->channels, DATASET_MAX_CHANNELS);
    return ST_OK;
}

status tiff_reader_look(tiff_reader *r, image_header *header)
{
    tiff_shape s;
    uint16_t orientation = ORIENTATION_TOPLEFT;
    TRY(find_shape(r, &s));
    TIFFGetFieldDefaulted(r->file, TIFFTAG_ORIENTATION, &orientation);
    *header = (image_header){.height = (int)s.height,
                             .width = (int)s.width,
                             .channels = s.channels,
                             .type = s.type,
                             .orientation = orientation >= 1 && orientation <= 8 ? orientation : 1,
                             .cmyk = s.colours == PHOTOMETRIC_SEPARATED};
    return ST_OK;
}

// The library's own conversion: a pixel is a uint32 with red in its lowest byte.
static status convert(tiff_reader *r, const tiff_shape *s, int channels, unsigned char *pixels)
{
    size_t count = (size_t)s->height * s->width;
    TRY(buffer_reserve(&r->scratch->piece, count * sizeof(uint32_t), r->name));
    const uint32_t *raster = r->scratch->piece.data;
    // The decoder turns pictures, for all kinds of files alike.
    TIFFSetField(r->file, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    if (TIFFReadRGBAImageOriented(r->file, s->width, s->height, r->scratch->piece.data,
                                  ORIENTATION_TOPLEFT, 1) == 0)
        return broken(r);
    for (size_t i = 0; i < count; i++)
        for (int c = 0; c < channels; c++)
            *pixels++ = (unsigned char)(raster[i] >> (8 * c));
    return ST_OK;
}

// (height, width, channels) of 8 or 16 bits, in place of its first three channels in uint8.
static void make_rgb(const tiff_shape *s, const void *numbers, unsigned char *rgb)
{
    size_t count = (size_t)s->height * s->width, channels = (size_t)s->channels;
    const uint8_t *bytes = numbers;
    const uint16_t *words = numbers;
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < 3; c++) {
            size_t at = i * channels + (channels >= 3 ? c : 0);
            *rgb++ = s->type == PIXEL_U8 ? bytes[at] : (uint8_t)(words[at] >> 8);
        }
}

static status decode_rgb(tiff_reader *r, const tiff_shape *s, unsigned char *pixels)
{
    size_t count = (size_t)s->height * s->width * (size_t)s->channels;
    CHECK(s->type != PIXEL_F32, ST_BAD_DATA,
          "%s: its pixels are %s of %d bits, which are no colours: pack them with --pixels f32",
          r->name, s->kind == SAMPLEFORMAT_IEEEFP ? "floats" : "whole numbers", s->bits);
    CHECK(s->channels == 1 || s->colours == PHOTOMETRIC_RGB, ST_BAD_DATA,
          "%s: has %d channels, which are no colours: pack them with --pixels %s", r->name,
          s->channels, s->type == PIXEL_U8 ? "u8" : "u16");
    if (s->type == PIXEL_U8 && s->channels == 3)
        return tiff_numbers_read(r->file, s, &r->scratch->piece, pixels) ? ST_OK : broken(r);
    TRY(buffer_reserve(&r->scratch->numbers, count * (s->type == PIXEL_U8 ? 1 : 2), r->name));
    void *numbers = r->scratch->numbers.data;
    if (!tiff_numbers_read(r->file, s, &r->scratch->piece, numbers)) return broken(r);
    make_rgb(s, numbers, pixels);
    return ST_OK;
}

status tiff_reader_decode(tiff_reader *r, const image_header *header, bool rgb, void *pixels)
{
    tiff_shape s;
    TRY(find_shape(r, &s));
    ASSERT((int)s.height == header->height && (int)s.width == header->width);
    if (!s.plain) return convert(r, &s, rgb ? 3 : s.channels, pixels);
    if (rgb) return decode_rgb(r, &s, pixels);
    return tiff_numbers_read(r->file, &s, &r->scratch->piece, pixels) ? ST_OK : broken(r);
}

status tiff_reader_next(tiff_reader *r, bool *more)
{
    *more = false;
    while (!*more && !TIFFLastDirectory(r->file)) {
        uint32_t kind = 0;
        if (TIFFReadDirectory(r->file) == 0) return broken(r);
        TIFFGetFieldDefaulted(r->file, TIFFTAG_SUBFILETYPE, &kind);
        *more = (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0;
    }
    return ST_OK;
}
