// tests/fuzz/fuzz_image.c -- any bytes as a JPEG, PNG or TIFF file.
#include "io/images/image_decoder.h"
#include "io/images/pixels.h"
#include "tests/fuzz/input.h"

#include <stdlib.h>

#define MOST_PIXELS (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static image_decoder *decoder;
    if (decoder == NULL && image_decoder_create(&decoder) != ST_OK) abort();
    encoded_image image = {"image", data, size};
    image_header header = {0};
    if (image_decoder_look(decoder, &image, &header) == ST_OK &&
        (int64_t)header.height * header.width <= MOST_PIXELS) {
        size_t count = (size_t)header.height * (size_t)header.width;
        size_t stored = (size_t)header.channels * pixel_bytes(header.type);
        for (image_form form = IMAGE_RGB; form <= IMAGE_STORED; form++) {
            void *pixels = malloc(count * (form == IMAGE_RGB ? 3 : stored));
            if (pixels != NULL) (void)image_decoder_decode(decoder, &image, &header, form, pixels);
            free(pixels);
            status_clear();
        }
    }
    status_clear();
    return 0;
}
