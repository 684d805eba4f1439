// tests/fuzz/fuzz_checkpoint.c -- a checkpoint in which bytes were changed is whole or refused.
//
// The input is a list of changes, 6 bytes each: 4 of place, 1 xor, 1 spare; to the file in the
// environment variable CHECKPOINT. Seals (io/files/seal.h) keep damage from HDF5, which does not
// survive it.
#include "io/checkpoint/checkpoint.h"
#include "tests/fuzz/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *whole, *changed;
static size_t whole_size;
static uint64_t whole_hash;

static status hash_of(const char *path, uint64_t *hash)
{
    checkpoint *c = NULL;
    TRY(checkpoint_open(&c, path));
    status s = checkpoint_hash(c, "", hash);
    checkpoint_close(c);
    return s;
}

static void load(void)
{
    const char *path = getenv("CHECKPOINT");
    FILE *in = path != NULL ? fopen(path, "rb") : NULL;
    if (in == NULL || fseek(in, 0, SEEK_END) != 0) abort();
    whole_size = (size_t)ftell(in);
    whole = malloc(whole_size);
    changed = malloc(whole_size);
    rewind(in);
    if (whole == NULL || changed == NULL || fread(whole, 1, whole_size, in) != whole_size) abort();
    (void)fclose(in); // read only
    if (hash_of(path, &whole_hash) != ST_OK) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (whole == NULL) load();
    memcpy(changed, whole, whole_size);
    for (size_t i = 0; i + 6 <= size; i += 6) {
        uint32_t place;
        memcpy(&place, data + i, sizeof place);
        changed[place % whole_size] ^= data[i + 4];
    }
    uint64_t hash = 0;
    if (hash_of(input_file("checkpoint.h5", changed, whole_size), &hash) == ST_OK)
        ASSERT(hash == whole_hash && memcmp(changed, whole, whole_size) == 0);
    status_clear();
    return 0;
}
