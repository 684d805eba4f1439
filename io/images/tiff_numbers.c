// io/images/tiff_numbers.c -- strips row by row, tiles one by one, each number to its place.
#include "io/images/tiff_numbers.h"

#include <stdlib.h>
#include <string.h>

#define LARGEST_PIECE ((tmsize_t)1 << 30) // bytes of a tile or a row

// Where numbers of a strip or tile go: `count` of them, `from_step` and `to_step` numbers apart.
typedef struct run {
    size_t from, from_step, to, to_step, count;
} run;

static bool is_plain(const tiff_shape *s)
{
    bool grey = s->colours == PHOTOMETRIC_MINISBLACK || s->colours == PHOTOMETRIC_MINISWHITE;
    if (!grey && s->colours != PHOTOMETRIC_RGB) return false;
    if (s->kind == SAMPLEFORMAT_IEEEFP) return s->bits == 32 || s->bits == 64;
    return (s->kind == SAMPLEFORMAT_UINT || s->kind == SAMPLEFORMAT_INT) &&
           (s->bits == 8 || s->bits == 16 || s->bits == 32);
}

static int count_channels(TIFF *file, const tiff_shape *s)
{
    uint16_t extra_count = 0, *extras = NULL;
    if (!s->plain) return s->samples == 1 && s->colours <= PHOTOMETRIC_MINISBLACK ? 1 : 3;
    if (TIFFGetField(file, TIFFTAG_EXTRASAMPLES, &extra_count, &extras) == 0) extra_count = 0;
    bool transparent = extra_count > 0 && extras[extra_count - 1] != EXTRASAMPLE_UNSPECIFIED;
    return transparent && s->samples > 1 ? s->samples - 1 : s->samples;
}

bool tiff_shape_find(TIFF *file, tiff_shape *s)
{
    uint16_t planes = PLANARCONFIG_CONTIG;
    *s = (tiff_shape){.colours = PHOTOMETRIC_MINISBLACK};
    if (TIFFGetField(file, TIFFTAG_IMAGELENGTH, &s->height) == 0 ||
        TIFFGetField(file, TIFFTAG_IMAGEWIDTH, &s->width) == 0)
        return false;
    TIFFGetFieldDefaulted(file, TIFFTAG_SAMPLESPERPIXEL, &s->samples);
    TIFFGetFieldDefaulted(file, TIFFTAG_BITSPERSAMPLE, &s->bits);
    TIFFGetFieldDefaulted(file, TIFFTAG_SAMPLEFORMAT, &s->kind);
    TIFFGetFieldDefaulted(file, TIFFTAG_PLANARCONFIG, &planes);
    (void)TIFFGetField(file, TIFFTAG_PHOTOMETRIC, &s->colours); // else grey
    s->apart = planes == PLANARCONFIG_SEPARATE && s->samples > 1;
    s->plain = is_plain(s);
    s->channels = count_channels(file, s);
    bool whole = s->kind == SAMPLEFORMAT_UINT;
    s->type = !s->plain || (whole && s->bits == 8) ? PIXEL_U8
              : whole && s->bits == 16             ? PIXEL_U16
                                                   : PIXEL_F32;
    return true;
}

static void copy_bytes(const uint8_t *from, const run *r, uint8_t flip, uint8_t *to)
{
    for (size_t i = 0; i < r->count; i++)
        to[r->to + i * r->to_step] = from[r->from + i * r->from_step] ^ flip;
}

static void copy_words(const uint16_t *from, const run *r, uint16_t flip, uint16_t *to)
{
    for (size_t i = 0; i < r->count; i++)
        to[r->to + i * r->to_step] = from[r->from + i * r->from_step] ^ flip;
}

// Number i of an array of any kind.
static float number_at(const void *numbers, const tiff_shape *s, size_t i)
{
    if (s->kind == SAMPLEFORMAT_IEEEFP)
        return s->bits == 32 ? ((const float *)numbers)[i] : (float)((const double *)numbers)[i];
    if (s->kind == SAMPLEFORMAT_UINT) return (float)((const uint32_t *)numbers)[i];
    return s->bits == 8    ? (float)((const int8_t *)numbers)[i]
           : s->bits == 16 ? (float)((const int16_t *)numbers)[i]
                           : (float)((const int32_t *)numbers)[i];
}

static void place(const tiff_shape *s, const void *piece, const run *r, void *pixels)
{
    bool white = s->colours == PHOTOMETRIC_MINISWHITE; // 0 is white: flipped
    if (s->type == PIXEL_U8)
        copy_bytes(piece, r, white ? 0xff : 0, pixels);
    else if (s->type == PIXEL_U16)
        copy_words(piece, r, white ? 0xffff : 0, pixels);
    else
        for (size_t i = 0; i < r->count; i++)
            ((float *)pixels)[r->to + i * r->to_step] =
                number_at(piece, s, r->from + i * r->from_step);
}

// One row of a piece, `count` pixels from column x on, of plane `plane` or of all channels.
static void place_row(const tiff_shape *s, const void *piece, size_t piece_row, size_t y, size_t x,
                      size_t count, int plane, void *pixels)
{
    size_t channels = (size_t)s->channels, step = s->apart ? 1 : s->samples;
    size_t to = (y * s->width + x) * channels;
    for (size_t c = 0; c < channels; c++) {
        if (s->apart && c != (size_t)plane) continue;
        run r = {piece_row * step + (s->apart ? 0 : c), step, to + c, channels, count};
        place(s, piece, &r, pixels);
    }
}

static bool read_rows(TIFF *file, const tiff_shape *s, int plane, void *row, void *pixels)
{
    for (uint32_t y = 0; y < s->height; y++) {
        if (TIFFReadScanline(file, row, y, (uint16_t)plane) < 0) return false;
        place_row(s, row, 0, y, 0, s->width, plane, pixels);
    }
    return true;
}

static bool read_tiles(TIFF *file, const tiff_shape *s, int plane, void *tile, void *pixels)
{
    uint32_t height = 0, width = 0;
    TIFFGetField(file, TIFFTAG_TILELENGTH, &height);
    TIFFGetField(file, TIFFTAG_TILEWIDTH, &width);
    if (height == 0 || width == 0) return false;
    for (uint32_t y = 0; y < s->height; y += height) {
        for (uint32_t x = 0; x < s->width; x += width) {
            if (TIFFReadTile(file, tile, x, y, 0, (uint16_t)plane) < 0) return false;
            uint32_t rows = s->height - y < height ? s->height - y : height;
            uint32_t count = s->width - x < width ? s->width - x : width;
            for (uint32_t row = 0; row < rows; row++)
                place_row(s, tile, (size_t)row * width, y + row, x, count, plane, pixels);
            if (s->width - x <= width) break; // x would wrap around
        }
        if (s->height - y <= height) break;
    }
    return true;
}

bool tiff_numbers_read(TIFF *file, const tiff_shape *s, buffer *scratch, void *pixels)
{
    bool tiled = TIFFIsTiled(file) != 0;
    tmsize_t bytes = tiled ? TIFFTileSize(file) : TIFFScanlineSize(file);
    if (bytes <= 0 || bytes > LARGEST_PIECE) return false;
    if (buffer_reserve(scratch, (size_t)bytes, TIFFFileName(file)) != ST_OK) return false;
    memset(scratch->data, 0, (size_t)bytes);
    int planes = s->apart ? s->channels : 1;
    for (int plane = 0; plane < planes; plane++) {
        bool good = tiled ? read_tiles(file, s, plane, scratch->data, pixels)
                          : read_rows(file, s, plane, scratch->data, pixels);
        if (!good) return false;
    }
    return true;
}
