// io/images/pictures.h -- 8-bit PNG pictures, and sheets of many small images.
#ifndef IO_IMAGES_PICTURES_H
#define IO_IMAGES_PICTURES_H

#include "base/status.h"
#include "io/images/image_info.h"

typedef struct picture {
    int width, height;
    int channels;          // 1 grey, 3 RGB
    unsigned char *pixels; // (height, width, channels); owned by whoever filled it
} picture;

// Writes a PNG that is either whole or not there. Errors: ST_IO, ST_INTERNAL no memory.
status picture_write(const char *path, const picture *p);

// A picture of rows x columns cells of height x width pixels, black, with gaps of one pixel between
// the cells. Free with picture_free. Errors: ST_INTERNAL no memory.
status sheet_create(picture *sheet, int rows, int columns, const dataset_info *info);

// Puts a sample (as dataset_read gives it) into cell `index`, counted row by row in a sheet of
// `columns`. Three channels are RGB; of other counts the first is shown in grey. uint16 is cut to
// its upper 8 bits; float32 goes from the sample's least to its largest value.
void sheet_place(picture *sheet, int columns, int index, const dataset_info *info,
                 const void *pixels);

// What picture_tiles draws: `count` small signed images, values (count, channels, height, width),
// as the atoms of a dictionary. channels: 1 grey or 3 RGB.
typedef struct tile_set {
    const float *values; // not owned
    int count, channels, height, width;
} tile_set;

// A picture of all tiles row by row in a near-square grid, on black, one pixel around each. A
// tile's zeros are grey (128), its largest |value| is 1 or 255; each number is a square of enlarge
// x enlarge pixels. Values must be finite. Free with picture_free. Errors: ST_INTERNAL no memory.
status picture_tiles(picture *made, const tile_set *tiles, int enlarge);

// Writes a sheet of such cells, as a PNG like picture_write: where cells are small each pixel
// becomes a square, so that a cell has some 64 pixels a side. Errors: as picture_write.
status sheet_write(const char *path, const picture *sheet, const dataset_info *info);

void picture_free(picture *p);

#endif
