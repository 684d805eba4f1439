// io/images/jpeg_image.c -- JPEG by TurboJPEG, with one handle for all images.
#include "io/images/image_codec.h"
#include "io/images/image_orientation.h"

#include <string.h>

// The integer transform, whose results do not depend on the processor. TurboJPEG fills what a
// truncated file lacks with grey and warns: here that is an error. No more scans than an honest
// file.
#define JPEG_FLAGS (TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS)

#define MARKER_EXIF 0xe1
#define MARKER_SCAN 0xda // the image's data follow

static bool begins(const encoded_image *e)
{
    return image_codec_begins(e, "\xff\xd8\xff", 3);
}

// A handle that failed in a header stays in the middle of it (TurboJPEG 2.1): take a new one.
static status broken_header(codec_memory *m, const encoded_image *e)
{
    status s = failure(ST_BAD_DATA, "%s: broken JPEG: %s", e->name, tjGetErrorStr2(m->jpeg));
    tjhandle fresh = tjInitDecompress();
    CHECK(fresh != NULL, ST_INTERNAL, "%s: no memory to decode it", e->name);
    (void)tjDestroy(m->jpeg); // only frees memory
    m->jpeg = fresh;
    return s;
}

// Segments of a marker and a length come before the image's data.
static int find_orientation(const encoded_image *e)
{
    static const char exif[6] = "Exif\0";
    size_t at = 2;
    while (e->size >= at + 4 && e->bytes[at] == 0xff && e->bytes[at + 1] != MARKER_SCAN) {
        size_t length = (size_t)e->bytes[at + 2] << 8 | e->bytes[at + 3]; // without the marker
        if (length < 2 || e->size - at - 2 < length) break;
        const unsigned char *segment = e->bytes + at + 4;
        if (e->bytes[at + 1] == MARKER_EXIF && length >= 2 + sizeof exif &&
            memcmp(segment, exif, sizeof exif) == 0)
            return orientation_of_exif(segment + sizeof exif, length - 2 - sizeof exif);
        at += 2 + length;
    }
    return 1;
}

static status look(codec_memory *m, const encoded_image *e, image_header *header)
{
    int rows = 0, columns = 0, subsampling, colours = 0;
    if (tjDecompressHeader3(m->jpeg, e->bytes, e->size, &columns, &rows, &subsampling, &colours) !=
            0 ||
        rows <= 0 || columns <= 0)
        return broken_header(m, e);
    *header = (image_header){.height = rows,
                             .width = columns,
                             .channels = colours == TJCS_GRAY ? 1 : 3,
                             .type = PIXEL_U8,
                             .orientation = find_orientation(e),
                             .cmyk = colours == TJCS_CMYK || colours == TJCS_YCCK};
    return ST_OK;
}

static status decompress(codec_memory *m, const encoded_image *e, const image_header *header,
                         int format, void *pixels)
{
    CHECK(tjDecompress2(m->jpeg, e->bytes, e->size, pixels, header->width, 0, header->height,
                        format, JPEG_FLAGS) == 0,
          ST_BAD_DATA, "%s: broken JPEG: %s", e->name, tjGetErrorStr2(m->jpeg));
    return ST_OK;
}

// Inks, stored upside down as Adobe's programs do, the only ones that write such files: 255 is
// none.
static void mix_inks(const unsigned char *inks, size_t count, unsigned char *rgb)
{
    for (; count > 0; count--, inks += 4, rgb += 3)
        for (int c = 0; c < 3; c++)
            rgb[c] = (unsigned char)((inks[c] * inks[3] + 127) / 255);
}

static status decode_cmyk(codec_memory *m, const encoded_image *e, const image_header *header,
                          unsigned char *pixels)
{
    size_t count = (size_t)header->height * (size_t)header->width;
    TRY(buffer_reserve(&m->rows, 4 * count, e->name));
    TRY(decompress(m, e, header, TJPF_CMYK, m->rows.data));
    mix_inks(m->rows.data, count, pixels);
    return ST_OK;
}

static status decode(codec_memory *m, const encoded_image *e, const image_header *header, bool rgb,
                     void *pixels)
{
    if (header->cmyk) return decode_cmyk(m, e, header, pixels);
    return decompress(m, e, header, rgb || header->channels == 3 ? TJPF_RGB : TJPF_GRAY, pixels);
}

const image_codec image_codec_jpeg = {
    .name = "JPEG",
    .begins = begins,
    .look = look,
    .decode = decode,
};
