// trainer/codes/code_sheet.c -- see code_sheet.h.
#include "trainer/codes/code_sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

status code_sheet_create(code_sheet *s, int rows, int columns, int channels, int height, int width)
{
    int colours = channels == 3 ? 3 : 1;
    size_t bytes = (size_t)height * (size_t)width * (size_t)colours;
    *s = (code_sheet){.columns = columns,
                      .cell = {.channels = colours,
                               .height = height,
                               .width = width,
                               .type = PIXEL_U8,
                               .sample_bytes = bytes}};
    s->bytes = calloc(bytes, 1);
    CHECK(s->bytes != NULL, ST_INTERNAL, "no memory for a picture of %d x %d pixels", height,
          width);
    return sheet_create(&s->sheet, rows, columns, &s->cell);
}

static unsigned char shade(const code_tile *t, float value)
{
    if (!(t->high > t->low)) return 128;
    float share = (value - t->low) / (t->high - t->low);
    return (unsigned char)lrintf(255.0f * fminf(fmaxf(share, 0.0f), 1.0f));
}

void code_sheet_place(code_sheet *s, int row, int column, const code_tile *tile)
{
    int colours = s->cell.channels, top = (s->cell.height - tile->height) / 2;
    int left = (s->cell.width - tile->width) / 2;
    size_t plane = (size_t)tile->height * (size_t)tile->width;
    memset(s->bytes, 0, s->cell.sample_bytes);
    for (int y = 0; y < tile->height; y++)
        for (int x = 0; x < tile->width; x++)
            for (int c = 0; c < colours; c++) {
                size_t from = tile->channels == 3 ? (size_t)c * plane : 0;
                int to = ((top + y) * s->cell.width + left + x) * colours + c;
                s->bytes[to] = shade(tile, tile->planes[from + (size_t)(y * tile->width + x)]);
            }
    sheet_place(&s->sheet, s->columns, row * s->columns + column, &s->cell, s->bytes);
}

void code_sheet_free(code_sheet *s)
{
    picture_free(&s->sheet);
    free(s->bytes);
    s->bytes = NULL;
}
