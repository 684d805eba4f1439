// tests/fuzz/fuzz_image.c -- any bytes as a JPEG or PNG file.
#include "io/images/image_decoder.h"
#include "tests/fuzz/input.h"

#include <stdlib.h>

#define MOST_PIXELS (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static image_decoder *decoder;
    if (decoder == NULL && image_decoder_create(&decoder) != ST_OK) abort();
    encoded_image image = {"image", data, size};
    int height = 0, width = 0;
    if (image_decoder_size(decoder, &image, &height, &width) == ST_OK &&
        (int64_t)height * width <= MOST_PIXELS) {
        unsigned char *pixels = malloc((size_t)height * (size_t)width * 3);
        if (pixels != NULL) (void)image_decoder_decode(decoder, &image, height, width, pixels);
        free(pixels);
    }
    status_clear();
    return 0;
}
