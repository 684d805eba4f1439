// trainer/codes/code_sheet.h -- pictures of views, of what codes make of them, and of the codes, in
// rows and columns.
#ifndef TRAINER_CODES_CODE_SHEET_H
#define TRAINER_CODES_CODE_SHEET_H

#include "io/images/pictures.h"

typedef struct code_sheet {
    picture sheet;
    dataset_info cell;    // 8-bit
    unsigned char *bytes; // one cell
    int columns;
} code_sheet;

// Planes (channels, height, width) in a cell, its zero and one: low is black, high is white, what
// lies beyond is cut. Three channels are RGB; of other counts the first is shown in grey.
typedef struct code_tile {
    const float *planes;
    int channels, height, width;
    float low, high;
} code_tile;

// Black, for tiles of at most height x width; `channels` of the images: 3 = RGB. Free it also after
// an error. Errors: ST_INTERNAL no memory.
status code_sheet_create(code_sheet *s, int rows, int columns, int channels, int height, int width);

// In the middle of a cell.
void code_sheet_place(code_sheet *s, int row, int column, const code_tile *tile);

void code_sheet_free(code_sheet *s);

#endif
