// JPEG and PNG become RGB pixels; whatever is damaged is named.
#include "tests/check.h"

#include "base/peak_memory.h"
#include "io/images/image_decoder.h"
#include "io/images/pictures.h"
#include "tests/io/folder.h"

#include <stdlib.h>
#include <turbojpeg.h>
#include <unistd.h>
#include <zlib.h>

#define HEIGHT 24
#define WIDTH  33

static image_decoder *decoder;
static const image_header upright = {
    .height = HEIGHT, .width = WIDTH, .channels = 3, .orientation = 1};

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

// Smooth, so that JPEG keeps it.
static unsigned char pixel(int y, int x, int c)
{
    return (unsigned char)(20 + 4 * y + 3 * x * (c == 0) + 2 * x * (c == 2));
}

// (HEIGHT, WIDTH, channels)
static void fill(unsigned char *pixels, int channels)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < channels; c++)
                *pixels++ = pixel(y, x, channels == 1 ? 1 : c);
}

// Free the bytes.
static encoded_image make_jpeg(bool grey)
{
    unsigned char pixels[HEIGHT * WIDTH * 3], *bytes = NULL, *copy;
    unsigned long size = 0;
    tjhandle encoder = tjInitCompress();
    fill(pixels, grey ? 1 : 3);
    assert_int_equal(tjCompress2(encoder, pixels, WIDTH, 0, HEIGHT, grey ? TJPF_GRAY : TJPF_RGB,
                                 &bytes, &size, grey ? TJSAMP_GRAY : TJSAMP_444, 98, 0),
                     0);
    tjDestroy(encoder);
    copy = malloc(size); // its exact size, so that the sanitizer sees reading past the end
    memcpy(copy, bytes, size);
    tjFree(bytes);
    return (encoded_image){"photo.jpg", copy, size};
}

static encoded_image make_png(int channels)
{
    test_folder folder;
    unsigned char pixels[HEIGHT * WIDTH * 3];
    size_t size;
    fill(pixels, channels);
    assert_int_equal(test_folder_create(&folder), 0);
    assert_ok(
        picture_write(test_path(&folder, "a.png"), &(picture){WIDTH, HEIGHT, channels, pixels}));
    char *bytes = test_read(test_path(&folder, "a.png"), &size);
    test_folder_remove(&folder);
    return (encoded_image){"drawing.png", (unsigned char *)bytes, size};
}

static void assert_decodes(const encoded_image *e, bool grey, int tolerance)
{
    image_header header;
    unsigned char pixels[HEIGHT * WIDTH * 3], *at = pixels;
    assert_ok(image_decoder_look(decoder, e, &header));
    assert_true(header.height == HEIGHT && header.width == WIDTH);
    assert_int_equal(header.channels, grey ? 1 : 3);
    assert_ok(image_decoder_decode(decoder, e, &header, IMAGE_RGB, pixels));
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < 3; c++)
                assert_true(abs(*at++ - pixel(y, x, grey ? 1 : c)) <= tolerance);
    free((void *)e->bytes);
}

static void png_keeps_every_pixel(void **state)
{
    (void)state;
    encoded_image colour = make_png(3), grey = make_png(1);
    assert_decodes(&colour, false, 0);
    assert_decodes(&grey, true, 0);
}

static void jpeg_keeps_pixels_nearly(void **state)
{
    (void)state;
    encoded_image colour = make_jpeg(false), grey = make_jpeg(true);
    assert_decodes(&colour, false, 4);
    assert_decodes(&grey, true, 2);
}

// However much of its end a file lacks; and the decoder is as new afterwards.
static void assert_cut_is_refused(encoded_image whole, size_t shortest, int tolerance)
{
    unsigned char pixels[HEIGHT * WIDTH * 3];
    for (size_t size = 0; size + shortest <= whole.size; size++) {
        unsigned char *part = malloc(size + (size == 0));
        memcpy(part, whole.bytes, size);
        encoded_image cut = {whole.name, part, size};
        assert_fails(image_decoder_decode(decoder, &cut, &upright, IMAGE_RGB, pixels), ST_BAD_DATA,
                     whole.name);
        free(part);
    }
    assert_decodes(&whole, false, tolerance);
}

static void a_truncated_image_is_refused(void **state)
{
    (void)state;
    assert_cut_is_refused(make_jpeg(false), 1, 4);
    // The last four bytes of a PNG are the checksum of an empty chunk: libspng does not miss them.
    assert_cut_is_refused(make_png(3), 5, 0);
}

static void damage_is_told_in_the_librarys_words(void **state)
{
    (void)state;
    unsigned char pixels[HEIGHT * WIDTH * 3];
    image_header header;
    encoded_image jpeg = make_jpeg(false), png = make_png(3);
    unsigned char *bytes = (unsigned char *)jpeg.bytes;
    jpeg.size -= 40;
    assert_fails(image_decoder_decode(decoder, &jpeg, &upright, IMAGE_RGB, pixels), ST_BAD_DATA,
                 "photo.jpg: broken JPEG: Premature end of JPEG file");
    bytes[0] = 'x';
    assert_fails(image_decoder_look(decoder, &jpeg, &header), ST_BAD_DATA, "no JPEG, PNG or TIFF");
    bytes = (unsigned char *)png.bytes;
    bytes[png.size / 2] ^= 1;
    assert_fails(image_decoder_decode(decoder, &png, &upright, IMAGE_RGB, pixels), ST_BAD_DATA,
                 "drawing.png: broken PNG: ");
    bytes[16] = 0x7f; // width of two thousand million pixels
    assert_fails(image_decoder_look(decoder, &png, &header), ST_BAD_DATA, "drawing.png");
    free((void *)jpeg.bytes);
    free((void *)png.bytes);
}

static unsigned char *put_big_endian(unsigned char *at, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *at++ = (unsigned char)(number >> shift);
    return at;
}

// A chunk of this kind with `bytes` zeros compressed, its size into *size. Free it.
static unsigned char *make_text(const char *kind, size_t bytes, size_t *size)
{
    static const char head[] = "text\0"; // keyword, method 0
    uLongf packed = compressBound(bytes);
    unsigned char *zeros = calloc(bytes, 1), *chunk = malloc(packed + 64), *at = chunk;
    memcpy(chunk + 4, kind, 4);
    memcpy(chunk + 8, head, sizeof head);
    assert_int_equal(compress2(chunk + 8 + sizeof head, &packed, zeros, bytes, 9), Z_OK);
    free(zeros);
    put_big_endian(at, (uint32_t)(packed + sizeof head));
    at = chunk + 8 + sizeof head + packed;
    at = put_big_endian(at, (uint32_t)crc32(0, chunk + 4, (uInt)(packed + sizeof head + 4)));
    *size = (size_t)(at - chunk);
    return chunk;
}

// make_png(3) with `count` such chunks before or behind its pixels.
static encoded_image with_texts(const char *kind, size_t bytes, int count, bool behind)
{
    size_t size;
    encoded_image plain = make_png(3);
    unsigned char *chunk = make_text(kind, bytes, &size);
    unsigned char *all = malloc(plain.size + (size_t)count * size);
    size_t before =
        behind ? plain.size - 12 : 33; // an end is of 12 bytes, signature and header of 33
    memcpy(all, plain.bytes, before);
    for (int i = 0; i < count; i++)
        memcpy(all + before + (size_t)i * size, chunk, size);
    memcpy(all + before + (size_t)count * size, plain.bytes + before, plain.size - before);
    encoded_image made = {plain.name, all, plain.size + (size_t)count * size};
    free(chunk);
    free((void *)plain.bytes);
    return made;
}

#ifdef __SANITIZE_ADDRESS__
#define FREED_IS_KEPT true
#else
#define FREED_IS_KEPT false
#endif

// A megabyte of them becomes a gigabyte in memory.
static void texts_that_grow_beyond_measure_are_refused(void **state)
{
    (void)state;
    static const char *const kinds[] = {"zTXt", "iCCP"};
    unsigned char pixels[HEIGHT * WIDTH * 3];
    double before = peak_memory();
    for (int i = 0; i < 4; i++) {
        bool profile = i / 2 == 1; // a file has one at most, and before its pixels
        encoded_image few = with_texts(kinds[i / 2], 2 << 20, profile ? 1 : 8, i == 1);
        assert_decodes(&few, false, 0);
        size_t large = (size_t)100 << 20;
        encoded_image many = with_texts(kinds[i / 2], large, profile ? 1 : 6, i == 1);
        assert_true(many.size < 1 << 20);
        image_header header;
        assert_ok(image_decoder_look(decoder, &many, &header));
        assert_fails(image_decoder_decode(decoder, &many, &upright, IMAGE_RGB, pixels), ST_BAD_DATA,
                     "texts or profiles in this PNG are of more than 32 MB");
        free((void *)many.bytes);
    }
    // Of which the test takes 100 MB; the address sanitizer keeps what is freed.
    assert_true(peak_memory() - before < (FREED_IS_KEPT ? 2e9 : 300e6));
}

static void a_real_photograph_has_its_size(void **state)
{
    (void)state;
    const char *path = "../shared/data/imagenette224-train/n01440764/ILSVRC2012_val_00000293.JPEG";
    if (access(path, R_OK) != 0) {
        printf("skipped: %s is not there\n", path);
        skip();
    }
    image_header header;
    size_t size;
    char *bytes = test_read(path, &size);
    encoded_image photo = {path, (unsigned char *)bytes, size};
    assert_ok(image_decoder_look(decoder, &photo, &header));
    assert_true(header.height == 224 && header.width == 224 && header.orientation == 1);
    unsigned char *pixels = malloc((size_t)header.height * (size_t)header.width * 3);
    assert_ok(image_decoder_decode(decoder, &photo, &header, IMAGE_RGB, pixels));
    free(pixels);
    free(bytes);
}

#define test_with_decoder(name) cmocka_unit_test_setup_teardown(name, make_decoder, destroy_decoder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_decoder(png_keeps_every_pixel),
        test_with_decoder(jpeg_keeps_pixels_nearly),
        test_with_decoder(a_truncated_image_is_refused),
        test_with_decoder(damage_is_told_in_the_librarys_words),
        test_with_decoder(texts_that_grow_beyond_measure_are_refused),
        test_with_decoder(a_real_photograph_has_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
