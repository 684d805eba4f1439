// Pictures that cameras turned, made of inks or of 16 bits are decoded upright, as RGB or as
// stored.
#include "tests/check.h"

#include "io/images/image_decoder.h"
#include "io/images/image_orientation.h"

#include <spng.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#define HEIGHT 16
#define WIDTH  24

static image_decoder *decoder;

static int make_decoder(void **state)
{
    (void)state;
    return image_decoder_create(&decoder) != ST_OK;
}

static int destroy_decoder(void **state)
{
    (void)state;
    image_decoder_destroy(decoder);
    status_clear();
    return 0;
}

// EXIF with one orientation behind another tag, in either byte order.
static size_t write_exif(unsigned char *exif, int orientation, bool big)
{
    static const unsigned char little_bytes[] = {'I', 'I', 42, 0, 8, 0, 0,   0, 2, 0, 0x0f, 1,
                                                 2,   0,   1,  0, 0, 0, 'x', 0, 0, 0, 0x12, 1,
                                                 3,   0,   1,  0, 0, 0, 0,   0, 0, 0};
    static const unsigned char big_bytes[] = {'M', 'M', 0, 42, 0, 0, 0,   8, 0, 2, 1, 0x0f,
                                              0,   2,   0, 0,  0, 1, 'x', 0, 0, 0, 1, 0x12,
                                              0,   3,   0, 0,  0, 1, 0,   0, 0, 0};
    memcpy(exif, big ? big_bytes : little_bytes, sizeof big_bytes);
    exif[sizeof big_bytes - 4 + big] = (unsigned char)orientation;
    return sizeof big_bytes;
}

static void orientation_is_read_in_either_byte_order(void **state)
{
    (void)state;
    unsigned char exif[64];
    for (int big = 0; big <= 1; big++) {
        for (int orientation = 1; orientation <= 8; orientation++) {
            size_t size = write_exif(exif, orientation, big);
            assert_int_equal(orientation_of_exif(exif, size), orientation);
            for (size_t cut = 0; cut < size;
                 cut++) { // its exact size: the sanitizer sees reads beyond
                unsigned char *part = malloc(cut + (cut == 0));
                memcpy(part, exif, cut);
                int found = orientation_of_exif(part, cut);
                assert_true(found == 1 || found == orientation);
                free(part);
            }
        }
        assert_int_equal(orientation_of_exif(exif, write_exif(exif, 0, big)), 1);
        assert_int_equal(orientation_of_exif(exif, write_exif(exif, 9, big)), 1);
    }
}

// Where pixel (y, x) of the stored image appears when it is turned, as the standard says in words.
static void place_of(int orientation, int y, int x, int *row, int *column)
{
    static const struct {
        bool swaps, right_to_left, bottom_to_top; // row 0 is the visual ..., in words of Exif
    } words[] = {{0},       {0, 0, 0}, {0, 1, 0}, {0, 1, 1}, {0, 0, 1},
                 {1, 0, 0}, {1, 1, 0}, {1, 1, 1}, {1, 0, 1}};
    *row = words[orientation].swaps ? x : y;
    *column = words[orientation].swaps ? y : x;
    int height = words[orientation].swaps ? WIDTH : HEIGHT;
    int width = words[orientation].swaps ? HEIGHT : WIDTH;
    if (words[orientation].bottom_to_top) *row = height - 1 - *row;
    if (words[orientation].right_to_left) *column = width - 1 - *column;
}

static unsigned char shade(int y, int x, int c)
{
    return (unsigned char)(40 + 5 * y + 3 * x * (c == 0) + 2 * x * (c == 2));
}

// Pixels of the turned image are where they belong; to a tolerance.
static void assert_upright(const encoded_image *e, int orientation, int tolerance)
{
    image_header header;
    unsigned char pixels[HEIGHT * WIDTH * 3];
    bool swaps = orientation >= 5;
    assert_ok(image_decoder_look(decoder, e, &header));
    assert_int_equal(header.orientation, orientation);
    assert_int_equal(header.height, swaps ? WIDTH : HEIGHT);
    assert_int_equal(header.width, swaps ? HEIGHT : WIDTH);
    assert_ok(image_decoder_decode(decoder, e, &header, IMAGE_RGB, pixels));
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < 3; c++) {
                int row, column;
                place_of(orientation, y, x, &row, &column);
                int found = pixels[3 * (row * header.width + column) + c];
                assert_true(abs(found - shade(y, x, c)) <= tolerance);
            }
}

static void fill(unsigned char *pixels)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < 3; c++)
                *pixels++ = shade(y, x, c);
}

static encoded_image make_jpeg(const unsigned char *pixels, int format)
{
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    tjhandle encoder = tjInitCompress();
    assert_int_equal(
        tjCompress2(encoder, pixels, WIDTH, 0, HEIGHT, format, &bytes, &size, TJSAMP_444, 98, 0),
        0);
    tjDestroy(encoder);
    unsigned char *copy = malloc(size);
    memcpy(copy, bytes, size);
    tjFree(bytes);
    return (encoded_image){"photo.jpg", copy, size};
}

// A segment with EXIF data behind the first marker.
static encoded_image add_exif(encoded_image e, int orientation, bool big)
{
    unsigned char exif[64];
    size_t length = write_exif(exif, orientation, big);
    unsigned char *bytes = malloc(e.size + 10 + length);
    memcpy(bytes, e.bytes, 2);
    memcpy(bytes + 2, "\xff\xe1\0\0Exif\0\0", 10);
    bytes[5] = (unsigned char)(8 + length);
    memcpy(bytes + 12, exif, length);
    memcpy(bytes + 12 + length, e.bytes + 2, e.size - 2);
    free((void *)e.bytes);
    return (encoded_image){e.name, bytes, e.size + 10 + length};
}

static void a_jpeg_is_turned_upright(void **state)
{
    (void)state;
    unsigned char pixels[HEIGHT * WIDTH * 3];
    fill(pixels);
    for (int orientation = 1; orientation <= 8; orientation++) {
        encoded_image e = add_exif(make_jpeg(pixels, TJPF_RGB), orientation, orientation % 2 == 0);
        assert_upright(&e, orientation, 4);
        free((void *)e.bytes);
    }
}

// A PNG of these numbers, 8 or 16 bits each in this machine's order.
static encoded_image make_png(const void *pixels, size_t size, int colour_type, int bits,
                              int orientation)
{
    unsigned char exif[64];
    int problem;
    struct spng_ihdr header = {.width = WIDTH,
                               .height = HEIGHT,
                               .bit_depth = (uint8_t)bits,
                               .color_type = (uint8_t)colour_type};
    spng_ctx *png = spng_ctx_new(SPNG_CTX_ENCODER);
    assert_int_equal(spng_set_option(png, SPNG_ENCODE_TO_BUFFER, 1), 0);
    assert_int_equal(spng_set_ihdr(png, &header), 0);
    struct spng_exif data = {write_exif(exif, orientation, true), (char *)exif};
    if (orientation > 1) assert_int_equal(spng_set_exif(png, &data), 0);
    assert_int_equal(spng_encode_image(png, pixels, size, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE), 0);
    encoded_image e = {.name = "scan.png"};
    e.bytes = spng_get_png_buffer(png, &e.size, &problem);
    assert_int_equal(problem, 0);
    spng_ctx_free(png);
    return e;
}

static void a_png_is_turned_upright(void **state)
{
    (void)state;
    unsigned char pixels[HEIGHT * WIDTH * 3];
    fill(pixels);
    for (int orientation = 1; orientation <= 8; orientation++) {
        encoded_image e =
            make_png(pixels, sizeof pixels, SPNG_COLOR_TYPE_TRUECOLOR, 8, orientation);
        assert_upright(&e, orientation, 0);
        free((void *)e.bytes);
    }
}

// TurboJPEG writes inks as Adobe does; what they mean follows from the mixing of colours.
static void inks_become_colours(void **state)
{
    (void)state;
    unsigned char inks[HEIGHT * WIDTH * 4], pixels[HEIGHT * WIDTH * 3];
    image_header header;
    for (int i = 0; i < HEIGHT * WIDTH; i++) {
        unsigned char upside_down[4] = {255, 128, 0, 200}; // no cyan, half magenta, all yellow
        memcpy(inks + (size_t)4 * (size_t)i, upside_down, 4);
    }
    encoded_image e = make_jpeg(inks, TJPF_CMYK);
    assert_ok(image_decoder_look(decoder, &e, &header));
    assert_true(header.cmyk && header.channels == 3);
    for (image_form form = IMAGE_RGB; form <= IMAGE_STORED; form++) {
        assert_ok(image_decoder_decode(decoder, &e, &header, form, pixels));
        for (size_t i = 0; i < (size_t)HEIGHT * WIDTH; i++) {
            assert_true(abs(pixels[3 * i] - 200) <= 3);
            assert_true(abs(pixels[3 * i + 1] - 100) <= 3);
            assert_true(abs(pixels[3 * i + 2] - 0) <= 3);
        }
    }
    free((void *)e.bytes);
}

// With and without transparency, which is dropped; grey and colour; the bits below the upper 8 too.
static void sixteen_bits_are_kept(void **state)
{
    (void)state;
    static const struct {
        int colour_type, stored, channels;
    } kinds[] = {{SPNG_COLOR_TYPE_GRAYSCALE, 1, 1},
                 {SPNG_COLOR_TYPE_GRAYSCALE_ALPHA, 2, 1},
                 {SPNG_COLOR_TYPE_TRUECOLOR, 3, 3},
                 {SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, 4, 3}};
    uint16_t pixels[HEIGHT * WIDTH * 4], found[HEIGHT * WIDTH * 3];
    uint8_t rgb[HEIGHT * WIDTH * 3];
    for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++)
        pixels[i] = (uint16_t)(i * 40503);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        image_header header;
        size_t stored = (size_t)kinds[k].stored, channels = (size_t)kinds[k].channels;
        encoded_image e =
            make_png(pixels, HEIGHT * WIDTH * stored * 2, kinds[k].colour_type, 16, 1);
        assert_ok(image_decoder_look(decoder, &e, &header));
        assert_true(header.type == PIXEL_U16 && header.channels == kinds[k].channels);
        assert_ok(image_decoder_decode(decoder, &e, &header, IMAGE_STORED, found));
        for (size_t i = 0; i < (size_t)HEIGHT * WIDTH; i++)
            for (size_t c = 0; c < channels; c++)
                assert_int_equal(found[i * channels + c], pixels[i * stored + c]);
        assert_ok(image_decoder_decode(decoder, &e, &header, IMAGE_RGB, rgb));
        for (size_t i = 0; i < (size_t)HEIGHT * WIDTH; i++)
            for (size_t c = 0; c < 3; c++)
                assert_int_equal(rgb[3 * i + c], pixels[i * stored + c % channels] >> 8);
        free((void *)e.bytes);
    }
}

static void eight_bits_are_kept(void **state)
{
    (void)state;
    uint8_t pixels[HEIGHT * WIDTH * 2], found[HEIGHT * WIDTH];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 113);
    for (size_t stored = 1; stored <= 2; stored++) {
        image_header header;
        encoded_image e = make_png(
            pixels, HEIGHT * WIDTH * stored,
            stored == 1 ? SPNG_COLOR_TYPE_GRAYSCALE : SPNG_COLOR_TYPE_GRAYSCALE_ALPHA, 8, 1);
        assert_ok(image_decoder_look(decoder, &e, &header));
        assert_true(header.type == PIXEL_U8 && header.channels == 1);
        assert_ok(image_decoder_decode(decoder, &e, &header, IMAGE_STORED, found));
        for (size_t i = 0; i < (size_t)HEIGHT * WIDTH; i++)
            assert_int_equal(found[i], pixels[i * stored]);
        free((void *)e.bytes);
    }
}

#define test_with_decoder(name) cmocka_unit_test_setup_teardown(name, make_decoder, destroy_decoder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orientation_is_read_in_either_byte_order),
        test_with_decoder(a_jpeg_is_turned_upright),
        test_with_decoder(a_png_is_turned_upright),
        test_with_decoder(inks_become_colours),
        test_with_decoder(sixteen_bits_are_kept),
        test_with_decoder(eight_bits_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
