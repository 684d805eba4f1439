// io/packing/formats/cifar100.c -- CIFAR-100's binary files: records of a coarse label, 0 to 19, a
// fine one, 0 to 99, and the pixels. The fine labels become the shard's labels.
#include "io/packing/cifar_record.h"

#include <string.h>
#include <sys/stat.h>

#define COARSE 20
#define FINE   100

static const char *split(const char *name)
{
    if (strcmp(name, "train.bin") == 0) return "train";
    return strcmp(name, "test.bin") == 0 ? "test" : NULL;
}

// What could be CIFAR-10 as well, by its size, is taken for that.
static bool probe(const char *path)
{
    struct stat about;
    if (!cifar_name(path) || stat(path, &about) != 0) return false;
    return about.st_size % (1 + CIFAR_PIXELS) != 0 && about.st_size % (2 + CIFAR_PIXELS) == 0;
}

static status open_reader(void **opened, const char *path, const format_hints *hints,
                          format_info *info)
{
    (void)hints;
    return cifar_open(opened, path, 2, "a sample of CIFAR-100", info);
}

static status next(void *opened, void *pixels, int64_t labels[2])
{
    record_file *r = opened;
    unsigned char classes[2] = {0}; // coarse, fine
    TRY(cifar_next(r, classes, pixels));
    CHECK(classes[0] < COARSE && classes[1] < FINE, ST_BAD_DATA,
          "%s: sample %llu has the coarse label %d and the fine one %d, CIFAR-100 has 0 to %d and "
          "0 to "
          "%d: this is another kind of file",
          r->path, (unsigned long long)r->position - 1, classes[0], classes[1], COARSE - 1,
          FINE - 1);
    labels[0] = classes[1];
    labels[1] = classes[0];
    return ST_OK;
}

const format_type format_cifar100 = {
    .name = "cifar100",
    .help = "CIFAR-100, binary version: train.bin, test.bin",
    .split = split,
    .probe = probe,
    .open = open_reader,
    .next = next,
    .close = cifar_close,
};
