// io/checkpoint/checkpoint_format.c -- types, sizes and shares of the manifest.
#include "io/checkpoint/checkpoint_format.h"

#include <string.h>
#include <xxhash.h>

hid_t array_stored(array_type type)
{
    return type == ARRAY_F32 ? H5T_IEEE_F32LE : type == ARRAY_I64 ? H5T_STD_I64LE : H5T_STD_U64LE;
}

hid_t array_native(array_type type)
{
    return type == ARRAY_F32   ? H5T_NATIVE_FLOAT
           : type == ARRAY_I64 ? H5T_NATIVE_INT64
                               : H5T_NATIVE_UINT64;
}

size_t checkpoint_array_bytes(const checkpoint_array *array)
{
    size_t bytes = array->type == ARRAY_F32 ? 4 : 8;
    for (int i = 0; i < array->rank; i++)
        bytes *= array->dims[i];
    return bytes;
}

uint64_t manifest_array(const checkpoint_array *array, uint64_t hash)
{
    uint64_t parts[8] = {XXH3_64bits(array->name, strlen(array->name)), (uint64_t)array->type,
                         (uint64_t)array->rank};
    for (int i = 0; i < array->rank; i++)
        parts[3 + i] = array->dims[i];
    parts[7] = hash;
    return XXH3_64bits(parts, sizeof parts);
}

uint64_t manifest_text(const char *name, const char *value)
{
    const uint64_t parts[2] = {XXH3_64bits(name, strlen(name)), XXH3_64bits(value, strlen(value))};
    return XXH3_64bits(parts, sizeof parts);
}
