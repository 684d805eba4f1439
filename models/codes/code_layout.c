// models/codes/code_layout.c -- margins, and planes to and from the arrays of
// models/kernels/dictionary/dictionary.h.
#include "models/codes/code_layout.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static int margin_of(const char *border, int kernel)
{
    if (strcmp(border, "full") == 0) return 0;
    if (strcmp(border, "same") == 0) return (kernel - 1) / 2;
    ASSERT(strcmp(border, "free") == 0);
    return kernel - 1;
}

status code_layout_plan(code_layout *l, int atoms, int kernel, const char *border, int channels,
                        int height, int width)
{
    int margin = margin_of(border, kernel);
    *l = (code_layout){
        .geometry = {atoms, channels, kernel, height + 2 * margin, width + 2 * margin},
        .margin = margin,
        .height = height + 2 * margin - kernel + 1,
        .width = width + 2 * margin - kernel + 1,
    };
    CHECK(kernel <= height && kernel <= width, ST_CONFIG,
          "atoms of %d x %d pixels are larger than the images of %d x %d; take a smaller kernel",
          kernel, kernel, height, width);
    CHECK(strcmp(border, "same") != 0 || kernel % 2 == 1, ST_CONFIG,
          "border same needs an odd kernel, so that an atom has a middle pixel; got %d", kernel);
    double codes = (double)l->height * (double)l->width * (double)dictionary_lanes(&l->geometry);
    CHECK(codes < (double)INT32_MAX, ST_CONFIG,
          "%d atoms on images of %d x %d make more than 2^31 codes an image; take smaller views",
          atoms, height, width);
    return ST_OK;
}

static size_t inner_height(const code_layout *l)
{
    return (size_t)(l->geometry.height - 2 * l->margin);
}

static size_t inner_width(const code_layout *l)
{
    return (size_t)(l->geometry.width - 2 * l->margin);
}

size_t code_layout_pixels(const code_layout *l)
{
    return (size_t)l->geometry.channels * inner_height(l) * inner_width(l);
}

size_t code_layout_codes(const code_layout *l)
{
    return (size_t)l->geometry.atoms * (size_t)l->height * (size_t)l->width;
}

// The first float of inner row y in an image array.
static size_t row_start(const code_layout *l, size_t y)
{
    size_t margin = (size_t)l->margin, width = (size_t)l->geometry.width;
    return ((y + margin) * width + margin) * (size_t)l->geometry.channels;
}

void code_layout_pack_image(const code_layout *l, const float *planes, float *image)
{
    size_t channels = (size_t)l->geometry.channels, height = inner_height(l);
    size_t width = inner_width(l);
    memset(image, 0, dictionary_image_floats(&l->geometry) * sizeof *image);
    for (size_t c = 0; c < channels; c++)
        for (size_t y = 0; y < height; y++) {
            float *row = image + row_start(l, y) + c;
            for (size_t x = 0; x < width; x++)
                row[x * channels] = planes[(c * height + y) * width + x];
        }
}

void code_layout_unpack_image(const code_layout *l, const float *image, float *planes)
{
    size_t channels = (size_t)l->geometry.channels, height = inner_height(l);
    size_t width = inner_width(l);
    for (size_t c = 0; c < channels; c++)
        for (size_t y = 0; y < height; y++) {
            const float *row = image + row_start(l, y) + c;
            for (size_t x = 0; x < width; x++)
                planes[(c * height + y) * width + x] = row[x * channels];
        }
}

#define TILE 16 // positions of a tile: the atoms' lanes of one tile stay in the first cache

void code_layout_pack_code(const code_layout *l, const float *planes, float *code)
{
    size_t positions = dictionary_positions(&l->geometry), atoms = (size_t)l->geometry.atoms;
    size_t lanes = (size_t)dictionary_lanes(&l->geometry);
    for (size_t tile = 0; tile < positions; tile += TILE) {
        size_t end = tile + TILE < positions ? tile + TILE : positions;
        memset(code + tile * lanes, 0, (end - tile) * lanes * sizeof *code);
        for (size_t a = 0; a < atoms; a++)
            for (size_t q = tile; q < end; q++)
                code[q * lanes + a] = planes[a * positions + q];
    }
}

void code_layout_unpack_code(const code_layout *l, const float *code, float *planes)
{
    size_t positions = dictionary_positions(&l->geometry), atoms = (size_t)l->geometry.atoms;
    size_t lanes = (size_t)dictionary_lanes(&l->geometry);
    for (size_t tile = 0; tile < positions; tile += TILE) {
        size_t end = tile + TILE < positions ? tile + TILE : positions;
        for (size_t a = 0; a < atoms; a++)
            for (size_t q = tile; q < end; q++)
                planes[a * positions + q] = code[q * lanes + a];
    }
}

void code_layout_clear_margin(const code_layout *l, float *image)
{
    if (l->margin == 0) return;
    size_t row = (size_t)l->geometry.width * (size_t)l->geometry.channels;
    size_t side = (size_t)l->margin * (size_t)l->geometry.channels;
    for (size_t y = 0; y < (size_t)l->geometry.height; y++) {
        bool inside = y >= (size_t)l->margin && y < (size_t)l->margin + inner_height(l);
        memset(image + y * row, 0, (inside ? side : row) * sizeof *image);
        memset(image + (y + 1) * row - side, 0, side * sizeof *image);
    }
}

void code_layout_mask(const code_layout *l, float *mask)
{
    size_t floats = dictionary_image_floats(&l->geometry);
    for (size_t i = 0; i < floats; i++)
        mask[i] = 1.0f;
    code_layout_clear_margin(l, mask);
}
