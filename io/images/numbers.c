// io/images/numbers.c -- one loop a type.
#include "io/images/numbers.h"

#include "base/status.h"

#include <stdint.h>
#include <string.h>

const number_type *number_type_of(number_kind kind)
{
    static const number_type types[] = {
        [NUMBER_PIXEL] = {NULL, 0, 0, 1},
        [NUMBER_BOOL] = {"bool", 1, 0, 1},
        [NUMBER_I8] = {"int8", 1, INT8_MIN, INT8_MAX},
        [NUMBER_I16] = {"int16", 2, INT16_MIN, INT16_MAX},
        [NUMBER_I32] = {"int32", 4, 0, 0},
        [NUMBER_I64] = {"int64", 8, 0, 0},
        [NUMBER_U32] = {"uint32", 4, 0, 0},
        [NUMBER_U64] = {"uint64", 8, 0, 0},
        [NUMBER_F16] = {"float16", 2, 0, 1},
        [NUMBER_F64] = {"float64", 8, 0, 1},
    };
    return &types[kind];
}

void numbers_swap(void *numbers, size_t bytes, size_t count)
{
    uint16_t *twos = numbers;
    uint32_t *fours = numbers;
    uint64_t *eights = numbers;
    for (size_t i = 0; bytes == 2 && i < count; i++)
        twos[i] = __builtin_bswap16(twos[i]);
    for (size_t i = 0; bytes == 4 && i < count; i++)
        fours[i] = __builtin_bswap32(fours[i]);
    for (size_t i = 0; bytes == 8 && i < count; i++)
        eights[i] = __builtin_bswap64(eights[i]);
}

// Sign, 5 bits of exponent with bias 15, 10 bits of mantissa; IEEE 754 binary16.
static float half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, rest = half & 0x7fffu;
    if (rest < 0x0400u) { // 0 and what has no leading 1: a multiple of 2^-24
        float small = (float)rest * 0x1p-24f;
        return sign != 0 ? -small : small;
    }
    uint32_t exponent = rest >= 0x7c00u ? 0xffu - 0x1fu : 127u - 15u; // infinite and NaN stay so
    uint32_t bits = sign | ((rest << 13) + (exponent << 23));
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#define CONVERT(type)                                                                              \
    do {                                                                                           \
        const type *from = numbers;                                                                \
        for (size_t i = 0; i < count; i++)                                                         \
            floats[i] = (float)from[i];                                                            \
    } while (0)

void numbers_to_floats(number_kind kind, const void *numbers, size_t count, float *floats)
{
    const unsigned char *bytes = numbers;
    const uint16_t *halves = numbers;
    switch (kind) {
    case NUMBER_PIXEL:
        ASSERT(kind != NUMBER_PIXEL);
        break;
    case NUMBER_BOOL:
        for (size_t i = 0; i < count; i++)
            floats[i] = bytes[i] != 0 ? 1.0f : 0.0f;
        break;
    case NUMBER_I8:
        CONVERT(int8_t);
        break;
    case NUMBER_I16:
        CONVERT(int16_t);
        break;
    case NUMBER_I32:
        CONVERT(int32_t);
        break;
    case NUMBER_I64:
        CONVERT(int64_t);
        break;
    case NUMBER_U32:
        CONVERT(uint32_t);
        break;
    case NUMBER_U64:
        CONVERT(uint64_t);
        break;
    case NUMBER_F16:
        for (size_t i = 0; i < count; i++)
            floats[i] = half_to_float(halves[i]);
        break;
    case NUMBER_F64:
        CONVERT(double);
    }
}
