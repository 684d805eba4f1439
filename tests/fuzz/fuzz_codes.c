// tests/fuzz/fuzz_codes.c -- any bytes as a file of sparse codes, as `basin inspect` looks at it.
#include "io/packing/file_kind.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    if (nowhere == NULL) nowhere = fopen("/dev/null", "w");
    const char *path = input_file("codes.h5", data, size);
    file_kind kind;
    if (nowhere != NULL && file_kind_find(path, &kind) == ST_OK && kind != FILE_FOREIGN)
        (void)hdf5_list(path, nowhere);
    status_clear();
    return 0;
}
