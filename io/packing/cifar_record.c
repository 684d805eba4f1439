// io/packing/cifar_record.c -- planes of 32 x 32 become RGB pixels.
#include "io/packing/cifar_record.h"

#include <stdlib.h>
#include <string.h>

bool cifar_name(const char *path)
{
    size_t length = strlen(path);
    return length >= 4 && strcmp(path + length - 4, ".bin") == 0;
}

void cifar_close(void *opened)
{
    record_file_close(opened);
    free(opened);
}

status cifar_open(void **opened, const char *path, int label_bytes, const char *what,
                  format_info *info)
{
    record_file *r = calloc(1, sizeof *r);
    CHECK(r != NULL, ST_INTERNAL, "no memory to read \"%s\"", path);
    status s = record_file_open(r, path, (size_t)label_bytes + (size_t)CIFAR_PIXELS, what);
    if (s != ST_OK) {
        cifar_close(r);
        return s;
    }
    *info = (format_info){.count = r->count,
                          .shape = {.height = CIFAR_SIDE,
                                    .width = CIFAR_SIDE,
                                    .channels = 3,
                                    .type = PIXEL_U8,
                                    .labelled = true,
                                    .coarse = label_bytes == 2}};
    *opened = r;
    return ST_OK;
}

status cifar_next(record_file *r, unsigned char *labels, unsigned char *pixels)
{
    unsigned char record[2 + CIFAR_PIXELS];
    size_t label_bytes = r->bytes - (size_t)CIFAR_PIXELS;
    TRY(record_file_next(r, record));
    memcpy(labels, record, label_bytes);
    for (size_t i = 0; i < (size_t)CIFAR_PLANE; i++)
        for (size_t c = 0; c < 3; c++)
            *pixels++ = record[label_bytes + c * (size_t)CIFAR_PLANE + i];
    return ST_OK;
}
