// io/shards/shard_type.c -- class, size, sign and bits of an HDF5 type.
#include "io/shards/shard_type.h"

#include "io/files/hdf5_file.h"
#include "io/images/pixels.h"

// What a type is: a pixel_type, or another kind of number.
typedef struct number_choice {
    bool known;
    pixel_type type;
    number_kind kind;
} number_choice;

static number_choice pixel(pixel_type type)
{
    return (number_choice){true, type, NUMBER_PIXEL};
}

static number_choice converted(number_kind kind)
{
    return (number_choice){true, PIXEL_F32, kind};
}

// All bits of its bytes count.
static bool is_full(hid_t type)
{
    return H5Tget_offset(type) == 0 && H5Tget_precision(type) == 8 * H5Tget_size(type);
}

static number_choice choose_integer(hid_t type)
{
    bool whole = H5Tget_sign(type) == H5T_SGN_NONE, full = is_full(type);
    switch (full ? H5Tget_size(type) : 0) {
    case 1:
        return whole ? pixel(PIXEL_U8) : converted(NUMBER_I8);
    case 2:
        return whole ? pixel(PIXEL_U16) : converted(NUMBER_I16);
    case 4:
        return converted(whole ? NUMBER_U32 : NUMBER_I32);
    case 8:
        return converted(whole ? NUMBER_U64 : NUMBER_I64);
    default:
        return (number_choice){0};
    }
}

// h5py's float16 is no type that HDF5 1.10 has a name for.
static bool is_half(hid_t type)
{
    size_t sign, exponent, exponent_bits, mantissa, mantissa_bits;
    return H5Tget_size(type) == 2 && is_full(type) && H5Tget_ebias(type) == 15 &&
           H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) >= 0 &&
           sign == 15 && exponent == 10 && exponent_bits == 5 && mantissa == 0 &&
           mantissa_bits == 10;
}

static number_choice choose_float(hid_t type)
{
    if (H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F32BE) > 0)
        return pixel(PIXEL_F32);
    if (H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0)
        return converted(NUMBER_F64);
    return is_half(type) ? converted(NUMBER_F16) : (number_choice){0};
}

// h5py keeps bool as an enum of a byte with FALSE = 0 and TRUE = 1.
static bool is_bool(hid_t type)
{
    bool right = H5Tget_size(type) == 1 && H5Tget_nmembers(type) == 2;
    for (unsigned i = 0; i < 2 && right; i++) {
        unsigned char value = 2;
        right = H5Tget_member_value(type, i, &value) >= 0 && value <= 1;
    }
    return right;
}

static number_choice choose(hid_t type)
{
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        return choose_integer(type);
    case H5T_FLOAT:
        return choose_float(type);
    case H5T_ENUM:
        return is_bool(type) ? converted(NUMBER_BOOL) : (number_choice){0};
    case H5T_BITFIELD: // PyTables' bool
        return H5Tget_size(type) == 1 ? converted(NUMBER_BOOL) : (number_choice){0};
    default:
        return (number_choice){0};
    }
}

static H5T_order_t order_of(hid_t type)
{
    hid_t base = H5Tget_class(type) == H5T_ENUM ? H5Tget_super(type) : H5Tcopy(type);
    H5T_order_t order = H5Tget_order(base);
    H5Tclose(base);
    return order;
}

status shard_type_read(shard_layout *l, hid_t images, const char *name)
{
    char text[HDF5_TEXT_SIZE];
    hid_t type = H5Dget_type(images);
    number_choice choice = choose(type);
    bool other_order = order_of(type) != order_of(H5T_NATIVE_INT);
    hdf5_type_text(type, text);
    H5Tclose(type);
    CHECK(choice.known, ST_BAD_DATA,
          "%s: images \"%s\" are %s; integers of 8 to 64 bits, floats of 16 to 64 bits or bool are "
          "expected: convert them",
          l->path, name, text);
    l->type = choice.type;
    l->kind = choice.kind;
    l->element_bytes =
        choice.kind == NUMBER_PIXEL ? pixel_bytes(choice.type) : number_type_of(choice.kind)->bytes;
    l->swapped = other_order && l->element_bytes > 1;
    return ST_OK;
}
