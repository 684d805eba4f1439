// io/images/tiff_reader.h -- the images of a TIFF file, one after the other, by libtiff.
//
//   tiff_reader_open ─> [tiff_reader_look, _decode ─> tiff_reader_next] ... ─> tiff_reader_close
//
// Grey, colour or any number of channels, of whole numbers or floats, in strips or tiles, are given
// as they are stored: uint8 and uint16 as such, other numbers as float32. Palettes, inks, few bits
// and photographs go through the library's own conversion and are uint8. Transparency is dropped.
#ifndef IO_IMAGES_TIFF_READER_H
#define IO_IMAGES_TIFF_READER_H

#include "io/files/buffer.h"
#include "io/images/image_decoder.h"

#define TIFF_REASON_SIZE 160

struct tiff; // libtiff's

// Memory that grows to the largest image. The owner frees both.
typedef struct tiff_scratch {
    buffer piece;   // a tile, a row, or the library's pixels
    buffer numbers; // of an image that becomes RGB
} tiff_scratch;

typedef struct tiff_reader {
    struct tiff *file;
    const char *name;              // for messages; not owned
    tiff_scratch *scratch;         // not owned
    encoded_image source;          // of a file in memory
    size_t place;                  // in it
    char reason[TIFF_REASON_SIZE]; // the library's first complaint
} tiff_reader;

// A file in memory: it and the scratch must outlive the reader, which must not move.
// Errors: ST_BAD_DATA no TIFF file; ST_INTERNAL no memory.
status tiff_reader_open(tiff_reader *r, const encoded_image *e, tiff_scratch *scratch);

// A file on disk, of any size; the path must outlive the reader. Errors: as input_open, and above.
status tiff_reader_open_file(tiff_reader *r, const char *path, tiff_scratch *scratch);

// The header of the current image, height and width as stored. Errors: ST_BAD_DATA.
status tiff_reader_look(tiff_reader *r, image_header *header);

// Its pixels as stored: rgb (height, width, 3) uint8, else the header's channels and type.
// Errors: ST_BAD_DATA damaged, or no colours that could become RGB; ST_INTERNAL no memory.
status tiff_reader_decode(tiff_reader *r, const image_header *header, bool rgb, void *pixels);

// Goes on to the next image that is no smaller copy of another; *more is false behind the last.
// Errors: ST_BAD_DATA.
status tiff_reader_next(tiff_reader *r, bool *more);

void tiff_reader_close(tiff_reader *r); // an unopened one is fine

#endif
