// io/packing/formats/cifar10.c -- CIFAR-10's binary files: a label, 0 to 9, and the pixels.
#include "io/packing/cifar_record.h"

#include <string.h>

#define CLASSES 10

static const char *split(const char *name)
{
    if (!cifar_name(name)) return NULL;
    if (strncmp(name, "data_batch_", 11) == 0) return "train";
    return strcmp(name, "test_batch.bin") == 0 ? "test" : NULL;
}

static status open_reader(void **opened, const char *path, const format_hints *hints,
                          format_info *info)
{
    (void)hints;
    return cifar_open(opened, path, 1, "a sample of CIFAR-10", info);
}

static status next(void *opened, void *pixels, int64_t labels[2])
{
    record_file *r = opened;
    unsigned char class = 0;
    TRY(cifar_next(r, &class, pixels));
    CHECK(class < CLASSES, ST_BAD_DATA,
          "%s: sample %llu has label %d, CIFAR-10 has 0 to %d: this is another kind of file",
          r->path, (unsigned long long)r->position - 1, class, CLASSES - 1);
    labels[0] = class;
    return ST_OK;
}

const format_type format_cifar10 = {
    .name = "cifar10",
    .help = "CIFAR-10, binary version: data_batch_*.bin, test_batch.bin",
    .split = split,
    .probe = cifar_name,
    .open = open_reader,
    .next = next,
    .close = cifar_close,
};
