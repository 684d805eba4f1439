// tests/fuzz/fuzz_shard.c -- any bytes as a shard: opened, and its first samples and labels read.
#include "io/shards/dataset.h"
#include "tests/fuzz/input.h"

#include <stdlib.h>

#define MOST_BYTES (1 << 20) // of a sample

static void read_some(dataset *d)
{
    const dataset_info *info = dataset_get_info(d);
    if (info->sample_bytes > MOST_BYTES) return;
    void *pixels = malloc(info->sample_bytes);
    int64_t labels[8];
    uint64_t count = info->count < 8 ? info->count : 8;
    for (uint64_t i = 0; i < count && pixels != NULL; i++) {
        image_size size;
        if (dataset_read_sized(d, i, pixels, &size) != ST_OK) status_clear();
    }
    if (dataset_read_labels(d, 0, count, labels) != ST_OK) status_clear();
    free(pixels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dataset_source source = {.files = input_file("shard.h5", data, size),
                             .images = "/images",
                             .labels = "/labels",
                             .axes = "NHWC"};
    dataset *d = NULL;
    if (dataset_open(&d, &source) == ST_OK) {
        read_some(d);
        dataset_close(d);
    }
    status_clear();
    return 0;
}
