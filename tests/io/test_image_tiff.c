// TIFF files of all sorts are decoded to what was written; damage and what is no image is named.
#include "tests/check.h"

#include "io/images/image_decoder.h"
#include "io/images/tiff_reader.h"
#include "tests/io/folder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#define HEIGHT 37
#define WIDTH  50
#define COUNT  ((size_t)HEIGHT * WIDTH)

static image_decoder *decoder;
static test_folder folder;

static int set_up(void **state)
{
    (void)state;
    return image_decoder_create(&decoder) != ST_OK || test_folder_create(&folder) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    image_decoder_destroy(decoder);
    status_clear();
    return test_folder_remove(&folder);
}

// How an image is written.
typedef struct kind {
    int channels, bits, format, colours;
    bool apart, tiled, big_endian;
    int compression, extra; // kind of the last channel, 0: it is a channel
} kind;

static double number(size_t pixel, int channel, const kind *k)
{
    double value = (double)((pixel * 7919 + (size_t)channel * 104729) % 65521);
    if (k->bits == 8) value = fmod(value, 256);
    if (k->format == SAMPLEFORMAT_INT) value -= k->bits == 8 ? 128 : 32768;
    return k->format == SAMPLEFORMAT_IEEEFP ? value / 7 - 3000 : value;
}

static void put(void *numbers, size_t i, double value, const kind *k)
{
    if (k->format == SAMPLEFORMAT_IEEEFP && k->bits == 32)
        ((float *)numbers)[i] = (float)value;
    else if (k->format == SAMPLEFORMAT_IEEEFP)
        ((double *)numbers)[i] = value;
    else if (k->bits == 8)
        ((uint8_t *)numbers)[i] = (uint8_t)(int)value;
    else if (k->bits == 16)
        ((uint16_t *)numbers)[i] = (uint16_t)(int)value;
    else
        ((uint32_t *)numbers)[i] = (uint32_t)(int64_t)value;
}

static void set_tags(TIFF *file, const kind *k)
{
    TIFFSetField(file, TIFFTAG_IMAGELENGTH, HEIGHT);
    TIFFSetField(file, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, k->channels);
    TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, k->bits);
    TIFFSetField(file, TIFFTAG_SAMPLEFORMAT, k->format);
    TIFFSetField(file, TIFFTAG_PHOTOMETRIC, k->colours);
    TIFFSetField(file, TIFFTAG_PLANARCONFIG,
                 k->apart ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    if (k->compression != 0) TIFFSetField(file, TIFFTAG_COMPRESSION, k->compression);
    uint16_t extra = (uint16_t)k->extra;
    if (k->extra != 0) TIFFSetField(file, TIFFTAG_EXTRASAMPLES, 1, &extra);
    if (k->tiled) {
        TIFFSetField(file, TIFFTAG_TILELENGTH, 16);
        TIFFSetField(file, TIFFTAG_TILEWIDTH, 32);
    } else
        TIFFSetField(file, TIFFTAG_ROWSPERSTRIP, 5);
}

// Numbers of rows y .. and columns x .. of a plane, or of all channels, as a tile or row holds
// them.
static void fill(void *numbers, size_t y, size_t x, size_t rows, size_t columns, int plane,
                 const kind *k)
{
    size_t at = 0;
    for (size_t row = y; row < y + rows; row++)
        for (size_t column = x; column < x + columns; column++)
            for (int c = 0; c < k->channels; c++)
                if (!k->apart || c == plane)
                    put(numbers, at++, number(row * WIDTH + column, c, k), k);
}

static void write_pixels(TIFF *file, const kind *k)
{
    void *numbers = calloc((size_t)WIDTH * 32 * (size_t)k->channels, 8);
    for (int plane = 0; plane < (k->apart ? k->channels : 1); plane++) {
        for (uint32_t y = 0; y < HEIGHT && !k->tiled; y++) {
            fill(numbers, y, 0, 1, WIDTH, plane, k);
            assert_int_equal(TIFFWriteScanline(file, numbers, y, (uint16_t)plane), 1);
        }
        for (uint32_t y = 0; y < HEIGHT && k->tiled; y += 16)
            for (uint32_t x = 0; x < WIDTH; x += 32) {
                fill(numbers, y, x, 16, 32, plane, k);
                assert_true(TIFFWriteTile(file, numbers, x, y, 0, (uint16_t)plane) > 0);
            }
    }
    free(numbers);
}

// The bytes are the caller's.
static encoded_image make_tiff(const kind *k, int images)
{
    encoded_image e = {.name = "scan.tif"};
    const char *path = test_path(&folder, "a.tif");
    TIFF *file = TIFFOpen(path, k->big_endian ? "wb" : "wl");
    assert_non_null(file);
    for (int i = 0; i < images; i++) {
        set_tags(file, k);
        write_pixels(file, k);
        assert_int_equal(TIFFWriteDirectory(file), 1);
    }
    TIFFClose(file);
    e.bytes = (unsigned char *)test_read(path, &e.size);
    return e;
}

static double number_of(const void *pixels, pixel_type type, size_t i)
{
    if (type == PIXEL_U8) return ((const uint8_t *)pixels)[i];
    if (type == PIXEL_U16) return ((const uint16_t *)pixels)[i];
    return (double)((const float *)pixels)[i];
}

static void assert_keeps(const kind *k, pixel_type type)
{
    image_header header;
    encoded_image e = make_tiff(k, 1);
    int channels = k->extra != 0 ? k->channels - 1 : k->channels;
    assert_ok(image_decoder_look(decoder, &e, &header));
    assert_true(header.height == HEIGHT && header.width == WIDTH && header.type == type);
    assert_int_equal(header.channels, channels);
    void *pixels = malloc(COUNT * (size_t)channels * 4);
    assert_ok(image_decoder_decode(decoder, &e, &header, IMAGE_STORED, pixels));
    for (size_t i = 0; i < COUNT; i++)
        for (int c = 0; c < channels; c++) {
            double expected = number(i, c, k);
            if (k->colours == PHOTOMETRIC_MINISWHITE)
                expected = (k->bits == 8 ? 255 : 65535) - expected;
            double found = number_of(pixels, type, i * (size_t)channels + (size_t)c);
            assert_true(fabs(found - expected) <= 1e-6 * fabs(expected));
        }
    free(pixels);
    free((void *)e.bytes);
}

#define GREY  PHOTOMETRIC_MINISBLACK
#define WHOLE SAMPLEFORMAT_UINT

static void all_kinds_of_numbers_are_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 16; i++) {
        bool apart = i & 1, tiled = i & 2, big = i & 4;
        int packed = i & 8 ? COMPRESSION_ADOBE_DEFLATE : COMPRESSION_LZW;
        assert_keeps(&(kind){1, 8, WHOLE, GREY, apart, tiled, big, packed, 0}, PIXEL_U8);
        assert_keeps(&(kind){3, 8, WHOLE, PHOTOMETRIC_RGB, apart, tiled, big, packed, 0}, PIXEL_U8);
        assert_keeps(&(kind){13, 16, WHOLE, GREY, apart, tiled, big, packed, 0}, PIXEL_U16);
        assert_keeps(&(kind){1, 16, WHOLE, PHOTOMETRIC_MINISWHITE, apart, tiled, big, packed, 0},
                     PIXEL_U16);
        assert_keeps(&(kind){4, 16, WHOLE, PHOTOMETRIC_RGB, apart, tiled, big, packed,
                             EXTRASAMPLE_UNASSALPHA},
                     PIXEL_U16);
        assert_keeps(&(kind){2, 32, SAMPLEFORMAT_IEEEFP, GREY, apart, tiled, big, packed, 0},
                     PIXEL_F32);
    }
    for (int bits = 8; bits <= 32; bits *= 2)
        assert_keeps(&(kind){1, bits, SAMPLEFORMAT_INT, GREY, false, false, false, 0, 0},
                     PIXEL_F32);
    assert_keeps(&(kind){1, 32, WHOLE, GREY, false, false, true, 0, 0}, PIXEL_F32);
    assert_keeps(&(kind){1, 64, SAMPLEFORMAT_IEEEFP, GREY, false, true, true, 0, 0}, PIXEL_F32);
}

// Grey in all three; of 16 bits the upper 8.
static void colours_become_rgb(void **state)
{
    (void)state;
    static const kind kinds[] = {{1, 8, WHOLE, GREY, 0, 0, 0, 0, 0},
                                 {3, 16, WHOLE, PHOTOMETRIC_RGB, 1, 0, 0, 0, 0},
                                 {4, 8, WHOLE, PHOTOMETRIC_RGB, 0, 1, 0, 0, EXTRASAMPLE_ASSOCALPHA},
                                 {3, 8, WHOLE, PHOTOMETRIC_RGB, 0, 1, 0, 0, 0}};
    for (size_t n = 0; n < sizeof kinds / sizeof *kinds; n++) {
        const kind *k = &kinds[n];
        unsigned char rgb[COUNT * 3];
        image_header header;
        encoded_image e = make_tiff(k, 1);
        assert_ok(image_decoder_look(decoder, &e, &header));
        assert_ok(image_decoder_decode(decoder, &e, &header, IMAGE_RGB, rgb));
        for (size_t i = 0; i < COUNT; i++)
            for (int c = 0; c < 3; c++) {
                int expected = (int)number(i, k->channels == 1 ? 0 : c, k);
                assert_int_equal(rgb[3 * i + (size_t)c], k->bits == 16 ? expected >> 8 : expected);
            }
        free((void *)e.bytes);
    }
}

static void assert_rgb_fails(const kind *k, const char *text)
{
    static unsigned char rgb[COUNT * 3];
    image_header header;
    encoded_image e = make_tiff(k, 1);
    assert_ok(image_decoder_look(decoder, &e, &header));
    assert_fails(image_decoder_decode(decoder, &e, &header, IMAGE_RGB, rgb), ST_BAD_DATA, text);
    free((void *)e.bytes);
}

static void what_is_no_colour_is_refused(void **state)
{
    (void)state;
    assert_rgb_fails(&(kind){1, 32, SAMPLEFORMAT_IEEEFP, GREY, 0, 0, 0, 0, 0},
                     "floats of 32 bits, which are no colours: pack them with --pixels f32");
    assert_rgb_fails(&(kind){13, 16, WHOLE, GREY, 0, 0, 0, 0, 0},
                     "13 channels, which are no colours: pack them with --pixels u16");
}

static void a_stack_is_no_image(void **state)
{
    (void)state;
    image_header header;
    encoded_image e = make_tiff(&(kind){1, 8, WHOLE, GREY, 0, 0, 0, 0, 0}, 3);
    assert_fails(image_decoder_look(decoder, &e, &header), ST_BAD_DATA, "holds several images");
    tiff_scratch scratch = {0};
    tiff_reader r;
    bool more = true;
    int count = 0;
    assert_ok(tiff_reader_open(&r, &e, &scratch));
    for (; more; count++)
        assert_ok(tiff_reader_next(&r, &more));
    assert_int_equal(count, 3);
    tiff_reader_close(&r);
    free((void *)e.bytes);
}

// However much of its end a file lacks: the tags come last, so most do not open.
static void a_truncated_file_is_refused(void **state)
{
    (void)state;
    static unsigned char pixels[COUNT * 3];
    const kind k = {1, 8, WHOLE, GREY, 0, 0, 0, COMPRESSION_LZW, 0};
    image_header header;
    encoded_image e = make_tiff(&k, 1);
    assert_ok(image_decoder_look(decoder, &e, &header));
    for (size_t size = 0; size < e.size; size += size < 64 ? 1 : 61) {
        unsigned char *part = malloc(size + (size == 0));
        memcpy(part, e.bytes, size);
        encoded_image cut = {e.name, part, size};
        assert_fails(image_decoder_decode(decoder, &cut, &header, IMAGE_STORED, pixels),
                     ST_BAD_DATA, "scan.tif: ");
        free(part);
    }
    // A strip's bytes: the library notices what it cannot unpack.
    unsigned char *bytes = (unsigned char *)e.bytes;
    memset(bytes + 8, 0xff, 40);
    assert_fails(image_decoder_decode(decoder, &e, &header, IMAGE_STORED, pixels), ST_BAD_DATA,
                 "scan.tif: broken TIFF: ");
    free(bytes);
}

#define test_with_decoder(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_decoder(all_kinds_of_numbers_are_kept), test_with_decoder(colours_become_rgb),
        test_with_decoder(what_is_no_colour_is_refused),  test_with_decoder(a_stack_is_no_image),
        test_with_decoder(a_truncated_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
