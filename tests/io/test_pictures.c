// What is written as PNG decodes to the same pixels; a sheet has every image in its cell.
#include "tests/check.h"

#include "io/images/pictures.h"
#include "tests/io/group_folder.h"

#include <spng.h>
#include <stdlib.h>

// The decoded file must be the picture, byte for byte.
static void assert_decodes(const char *path, const picture *p)
{
    size_t size, bytes;
    char *png = test_read(path, &size);
    spng_ctx *decoder = spng_ctx_new(0);
    struct spng_ihdr header;
    int form = p->channels == 3 ? SPNG_FMT_RGB8 : SPNG_FMT_G8;
    assert_int_equal(spng_set_png_buffer(decoder, png, size), 0);
    assert_int_equal(spng_get_ihdr(decoder, &header), 0);
    assert_int_equal(header.width, p->width);
    assert_int_equal(header.height, p->height);
    assert_int_equal(spng_decoded_image_size(decoder, form, &bytes), 0);
    assert_int_equal(bytes, p->width * p->height * p->channels);
    unsigned char *pixels = malloc(bytes);
    assert_int_equal(spng_decode_image(decoder, pixels, bytes, form, 0), 0);
    assert_memory_equal(pixels, p->pixels, bytes);
    free(pixels);
    free(png);
    spng_ctx_free(decoder);
}

static void a_picture_decodes_to_itself(void **state)
{
    (void)state;
    unsigned char pixels[3 * 17 * 9];
    for (int i = 0; i < 3 * 17 * 9; i++)
        pixels[i] = (unsigned char)(i * 37);
    for (int channels = 1; channels <= 3; channels += 2) {
        picture p = {17, 9, channels, pixels};
        const char *path = test_path(&folder, "p.png");
        assert_ok(picture_write(path, &p));
        assert_decodes(path, &p);
    }
    assert_int_equal(test_count(&folder), 1);
}

static void a_picture_without_a_place_is_an_error(void **state)
{
    (void)state;
    unsigned char pixel = 0;
    picture p = {1, 1, 1, &pixel};
    assert_fails(picture_write("/nonexistent-folder/p.png", &p), ST_IO, "nonexistent-folder");
}

static void every_image_stands_in_its_cell(void **state)
{
    (void)state;
    dataset_info info = {.channels = 3, .height = 4, .width = 5, .type = PIXEL_U8};
    info.sample_bytes = 60;
    unsigned char pixels[60];
    picture sheet;
    assert_ok(sheet_create(&sheet, 2, 3, &info));
    assert_true(sheet.width == 3 * 6 - 1 && sheet.height == 2 * 5 - 1 && sheet.channels == 3);
    for (int cell = 0; cell < 6; cell++) {
        for (int i = 0; i < 60; i++)
            pixels[i] = (unsigned char)(1 + cell * 40 + i % 3);
        sheet_place(&sheet, 3, cell, &info, pixels);
    }
    for (int y = 0; y < sheet.height; y++)
        for (int x = 0; x < sheet.width; x++)
            for (int c = 0; c < 3; c++) {
                bool gap = y % 5 == 4 || x % 6 == 5;
                int expected = gap ? 0 : 1 + (y / 5 * 3 + x / 6) * 40 + c;
                assert_int_equal(sheet.pixels[(y * sheet.width + x) * 3 + c], expected);
            }
    picture_free(&sheet);
}

static void other_types_are_brought_to_8_bits(void **state)
{
    (void)state;
    dataset_info info = {.channels = 2, .height = 1, .width = 3, .type = PIXEL_U16};
    info.sample_bytes = 12;
    uint16_t words[6] = {0, 9, 0x80ff, 9, 0xffff, 9};
    picture sheet;
    assert_ok(sheet_create(&sheet, 1, 1, &info));
    assert_int_equal(sheet.channels, 1);
    sheet_place(&sheet, 1, 0, &info, words);
    assert_memory_equal(sheet.pixels, ((unsigned char[]){0, 0x80, 0xff}), 3);
    picture_free(&sheet);

    float reals[6] = {-2, -2, 0, -2, 2, -2};
    info.type = PIXEL_F32;
    info.sample_bytes = 24;
    assert_ok(sheet_create(&sheet, 1, 1, &info));
    sheet_place(&sheet, 1, 0, &info, reals);
    assert_memory_equal(sheet.pixels, ((unsigned char[]){0, 127, 255}), 3);
    picture_free(&sheet);
}

// Three tiles of 2 x 1 in a grid of 2 x 2, twice as large.
static void tiles_are_scaled_each_by_itself(void **state)
{
    (void)state;
    static const float values[] = {2.0f, -1.0f, 0.0f, 0.0f, -0.5f, 0.25f};
    static const unsigned char expected[11][7] = {
        {0},
        {0, 255, 255, 0, 128, 128, 0},
        {0, 255, 255, 0, 128, 128, 0},
        {0, 64, 64, 0, 128, 128, 0},
        {0, 64, 64, 0, 128, 128, 0},
        {0},
        {0, 1, 1, 0, 0, 0, 0},
        {0, 1, 1, 0, 0, 0, 0},
        {0, 192, 192, 0, 0, 0, 0},
        {0, 192, 192, 0, 0, 0, 0},
        {0},
    };
    picture p;
    assert_ok(picture_tiles(&p, &(tile_set){values, 3, 1, 2, 1}, 2));
    assert_true(p.width == 7 && p.height == 11 && p.channels == 1);
    assert_memory_equal(p.pixels, expected, sizeof expected);
    picture_free(&p);
}

// Planes become interleaved colours, by one scale for all channels.
static void colour_tiles_keep_their_proportions(void **state)
{
    (void)state;
    static const float values[] = {1, -2, 0.5f, 0, -1, 4}; // red, green, blue of two pixels
    static const unsigned char expected[] = {160, 144, 96, 64, 128, 255};
    picture p;
    assert_ok(picture_tiles(&p, &(tile_set){values, 1, 3, 1, 2}, 1));
    assert_true(p.width == 4 && p.height == 3 && p.channels == 3);
    assert_memory_equal(p.pixels + 15, expected, sizeof expected);
    picture_free(&p);
}

// Cells of 30 x 32 are seen at twice their size, those of 64 as they are.
static void small_cells_are_written_larger(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "s.png");
    unsigned char small[3 * 32], large[3 * 32 * 4];
    for (int i = 0; i < 3 * 32; i++)
        small[i] = (unsigned char)(i * 37);
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 64; x++)
            for (int c = 0; c < 3; c++)
                large[(y * 64 + x) * 3 + c] = small[(x / 2) * 3 + c];
    picture sheet = {32, 1, 3, small}; // the first line of one cell is enough
    assert_ok(sheet_write(path, &sheet, &(dataset_info){.height = 30, .width = 32}));
    assert_decodes(path, &(picture){64, 2, 3, large});
    assert_ok(sheet_write(path, &sheet, &(dataset_info){.height = 30, .width = 64}));
    assert_decodes(path, &sheet);
}

#define test_in_folder(name) cmocka_unit_test_setup_teardown(name, folder_set_up, folder_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_folder(a_picture_decodes_to_itself),
        cmocka_unit_test(a_picture_without_a_place_is_an_error),
        cmocka_unit_test(every_image_stands_in_its_cell),
        test_in_folder(small_cells_are_written_larger),
        cmocka_unit_test(tiles_are_scaled_each_by_itself),
        cmocka_unit_test(colour_tiles_keep_their_proportions),
        cmocka_unit_test(other_types_are_brought_to_8_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
