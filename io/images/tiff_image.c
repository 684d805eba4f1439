// io/images/tiff_image.c -- a TIFF file of one image. Stacks are for io/packing/formats/tiff.c.
#include "io/images/image_codec.h"
#include "io/images/tiff_reader.h"

static bool begins(const encoded_image *e)
{
    return image_codec_begins(e, "II*", 4) || image_codec_begins(e, "MM\0*", 4) ||
           image_codec_begins(e, "II+", 4) || image_codec_begins(e, "MM\0+", 4);
}

static status look_at(tiff_reader *r, image_header *header)
{
    bool more;
    TRY(tiff_reader_look(r, header));
    TRY(tiff_reader_next(r, &more));
    CHECK(!more, ST_BAD_DATA,
          "%s: holds several images, where one is expected: pack stacks as files, by `basin pack "
          "A.tif B.tif DST`",
          r->name);
    return ST_OK;
}

static status look(codec_memory *m, const encoded_image *e, image_header *header)
{
    tiff_reader r;
    TRY(tiff_reader_open(&r, e, &m->tiff));
    status s = look_at(&r, header);
    tiff_reader_close(&r);
    return s;
}

static status decode(codec_memory *m, const encoded_image *e, const image_header *header, bool rgb,
                     void *pixels)
{
    tiff_reader r;
    TRY(tiff_reader_open(&r, e, &m->tiff));
    status s = tiff_reader_decode(&r, header, rgb, pixels);
    tiff_reader_close(&r);
    return s;
}

const image_codec image_codec_tiff = {
    .name = "TIFF",
    .begins = begins,
    .look = look,
    .decode = decode,
};
