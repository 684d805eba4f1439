// tests/fuzz/shard_forms.c -- see shard_forms.h.
#include "tests/fuzz/shard_forms.h"

#include "io/shards/shard.h"

#include <stdio.h>
#include <string.h>

#define SAMPLES 6
#define SIDE    8 // pixels

// 5 x 4 pixels each.
static const unsigned char png[] = {
    137, 80,  78,  71,  13,  10,  26,  10,  0,   0,   0,   13,  73,  72,  68,  82,  0,   0,   0,
    5,   0,   0,   0,   4,   8,   2,   0,   0,   0,   201, 81,  98,  23,  0,   0,   0,   72,  73,
    68,  65,  84,  120, 156, 99,  96,  96,  231, 19,  149, 81,  214, 50,  180, 176, 119, 243, 13,
    137, 78,  98,  96,  228, 224, 23,  147, 85,  209, 54,  178, 116, 112, 247, 11,  141, 73,  102,
    96,  226, 20,  16,  151, 83,  213, 49,  182, 114, 244, 240, 15,  139, 77,  97,  96,  230, 18,
    148, 144, 87,  211, 53,  177, 118, 242, 12,  8,   143, 75,  5,   0,   87,  191, 11,  215, 74,
    90,  155, 170, 0,   0,   0,   0,   73,  69,  78,  68,  174, 66,  96,  130};
static const unsigned char tiff_head[] = {
    73, 73, 42, 0,   8, 0, 0,  0,  9, 0, 0, 1, 4, 0, 1,  0, 0, 0, 5, 0,  0,  0, 1, 1, 4,
    0,  1,  0,  0,   0, 4, 0,  0,  0, 2, 1, 4, 0, 1, 0,  0, 0, 8, 0, 0,  0,  3, 1, 4, 0,
    1,  0,  0,  0,   1, 0, 0,  0,  6, 1, 4, 0, 1, 0, 0,  0, 2, 0, 0, 0,  17, 1, 4, 0, 1,
    0,  0,  0,  122, 0, 0, 0,  21, 1, 4, 0, 1, 0, 0, 0,  3, 0, 0, 0, 22, 1,  4, 0, 1, 0,
    0,  0,  4,  0,   0, 0, 23, 1,  4, 0, 1, 0, 0, 0, 60, 0, 0, 0, 0, 0,  0,  0};
#define TIFF_BYTES (sizeof tiff_head + 60)

// A type of our own, closed at the end.
static hid_t own_type(shard_form *f, hid_t type)
{
    ASSERT(f->own_count < FORM_OWN);
    return f->own[f->own_count++] = type;
}

static hid_t text_type(shard_form *f, size_t size)
{
    hid_t type = own_type(f, H5Tcopy(H5T_C_S1));
    H5Tset_size(type, size);
    return type;
}

static void make_types(shard_form *f)
{
    hid_t names = own_type(f, H5Tenum_create(H5T_STD_I8LE));
    static const char *const classes[] = {"a", "b", "c"};
    for (int8_t i = 0; i < 3; i++)
        H5Tenum_insert(names, classes[i], &i);
    const hid_t types[FORM_TYPES] = {H5T_STD_U8LE,   H5T_STD_U16LE,   H5T_STD_U16BE, H5T_IEEE_F32LE,
                                     H5T_IEEE_F32BE, H5T_STD_I64LE,   H5T_STD_U64LE, H5T_STD_U32LE,
                                     H5T_STD_I32BE,  H5T_IEEE_F64LE,  H5T_STD_B8LE,  H5T_STD_I8LE,
                                     H5T_STD_I16BE,  text_type(f, 5), names};
    memcpy(f->types, types, sizeof types);
}

// Its contents are whole.
static forged_column *add_column(shard_form *f, const char *name, hid_t type, int rank,
                                 const hsize_t *dims)
{
    forged_column *c = &f->columns[f->column_count];
    size_t bytes = H5Tget_size(type);
    *c = (forged_column){.type = type, .rank = rank, .contents = f->contents[f->column_count++]};
    snprintf(c->name, sizeof c->name, "%s", name);
    for (int i = 0; i < FORGED_RANK; i++) {
        c->dims[i] = i < rank ? dims[i] : 1;
        c->chunk[i] = i == 0 ? 2 : c->dims[i];
        bytes *= (size_t)c->dims[i];
    }
    c->bytes = bytes;
    return c;
}

static void add_attribute(shard_form *f, const char *name, hid_t type, const void *value,
                          size_t bytes)
{
    ASSERT(f->attribute_count < FORM_ATTRIBUTES && bytes <= sizeof f->values[0]);
    forged_attribute *a = &f->attributes[f->attribute_count];
    *a = (forged_attribute){.type = type,
                            .dims = {bytes / H5Tget_size(type), 1},
                            .contents = f->values[f->attribute_count],
                            .bytes = sizeof f->values[0]};
    a->rank = a->dims[0] == 1 ? 0 : 1;
    snprintf(a->name, sizeof a->name, "%s", name);
    memcpy(f->values[f->attribute_count++], value, bytes);
}

static void add_number(shard_form *f, const char *name, int number)
{
    add_attribute(f, name, H5T_NATIVE_INT, &number, sizeof number);
}

static void add_text(shard_form *f, const char *name, const char *text)
{
    size_t bytes = strlen(text) + 1;
    add_attribute(f, name, text_type(f, bytes), text, bytes);
}

static void add_images(shard_form *f, hid_t type, const hsize_t *dims)
{
    forged_column *c = add_column(f, SHARD_IMAGES, type, 4, dims);
    for (size_t i = 0; i < c->bytes; i++)
        f->contents[0][i] = (unsigned char)(H5Tget_class(type) == H5T_FLOAT ? 62 : i % 251);
}

static void add_encoded(shard_form *f)
{
    uint64_t offsets[SAMPLES + 1] = {0};
    unsigned char *at = f->contents[0];
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t bytes = i % 2 == 0 ? sizeof png : TIFF_BYTES;
        memcpy(at + offsets[i], i % 2 == 0 ? png : tiff_head,
               i % 2 == 0 ? bytes : sizeof tiff_head);
        offsets[i + 1] = offsets[i] + bytes;
    }
    add_column(f, SHARD_BYTES, H5T_STD_U8LE, 1, &(hsize_t){offsets[SAMPLES]});
    add_column(f, SHARD_OFFSETS, H5T_STD_U64LE, 1, &(hsize_t){SAMPLES + 1});
    memcpy(f->contents[1], offsets, sizeof offsets);
    add_number(f, SHARD_ATTRIBUTE_HEIGHT, 4);
    add_number(f, SHARD_ATTRIBUTE_WIDTH, 5);
    add_number(f, SHARD_ATTRIBUTE_MIN_HEIGHT, 4);
    add_number(f, SHARD_ATTRIBUTE_MIN_WIDTH, 5);
    add_number(f, SHARD_ATTRIBUTE_CHANNELS, 3);
}

// Of each sample 0, 1 or 2.
static void add_labels(shard_form *f, hid_t type)
{
    size_t size = H5Tget_size(type), which = f->column_count;
    add_column(f, SHARD_LABELS, type, 1, &(hsize_t){SAMPLES});
    for (size_t i = 0; i < SAMPLES; i++)
        f->contents[which][i * size] =
            (unsigned char)(H5Tget_class(type) == H5T_STRING ? 'a' + i % 3 : i % 3);
}

// What makes it a shard of ours.
static void add_marks(shard_form *f, const char *layout)
{
    const float mean[3] = {0.4F, 0.5F, 0.6F}, deviation[3] = {0.2F, 0.2F, 0.2F};
    add_text(f, SHARD_ATTRIBUTE_FORMAT, SHARD_FORMAT);
    add_number(f, SHARD_ATTRIBUTE_VERSION, SHARD_FORMAT_VERSION);
    add_text(f, SHARD_ATTRIBUTE_LAYOUT, layout);
    add_text(f, SHARD_ATTRIBUTE_CLASSES, "a\nb\nc\n");
    add_attribute(f, SHARD_ATTRIBUTE_MEAN, H5T_NATIVE_FLOAT, mean, sizeof mean);
    add_attribute(f, SHARD_ATTRIBUTE_STD, H5T_NATIVE_FLOAT, deviation, sizeof deviation);
}

static void add_checksums(shard_form *f)
{
    add_column(f, SHARD_CRC, H5T_STD_U32LE, 1, &(hsize_t){SAMPLES});
}

static void store_in_chunks(shard_form *f)
{
    for (size_t i = 0; i < f->column_count; i++)
        f->columns[i].storage = STORAGE_CHUNKED;
    f->columns[0].shuffled = f->columns[0].deflated = true;
}

static void begin_plain(shard_form *f)
{
    add_images(f, H5T_STD_U8LE, (const hsize_t[]){SAMPLES, SIDE, SIDE, 3});
    add_labels(f, H5T_STD_I64LE);
    add_checksums(f);
    add_marks(f, SHARD_LAYOUT_PLAIN);
}

static void begin_chunks(shard_form *f)
{
    begin_plain(f);
    store_in_chunks(f);
}

static void begin_encoded(shard_form *f)
{
    add_encoded(f);
    add_labels(f, H5T_STD_I64LE);
    add_checksums(f);
    add_marks(f, SHARD_LAYOUT_ENCODED);
}

static void begin_encoded_chunks(shard_form *f)
{
    begin_encoded(f);
    store_in_chunks(f);
    f->columns[0].chunk[0] = 100;
}

static void begin_own(shard_form *f)
{
    add_images(f, H5T_IEEE_F32BE, (const hsize_t[]){SAMPLES, SIDE, SIDE, 2});
    add_labels(f, f->types[FORM_TYPES - 1]); // names
    add_attribute(f, SHARD_ATTRIBUTE_CLASSES, f->types[FORM_TYPES - 2],
                  "a\0\0\0\0b\0\0\0\0c\0\0\0\0", 15);
}

static void begin_own_last(shard_form *f)
{
    add_images(f, H5T_STD_U16BE, (const hsize_t[]){SIDE, SIDE, 2, SAMPLES});
    add_labels(f, f->types[FORM_TYPES - 2]); // texts
    store_in_chunks(f);
    f->source.axes = "HWCN";
}

void shard_form_begin(shard_form *f, size_t kind)
{
    static void (*const kinds[SHARD_FORMS])(shard_form *) = {
        begin_plain, begin_chunks, begin_encoded, begin_encoded_chunks, begin_own, begin_own_last};
    memset(f, 0, sizeof *f);
    f->source = (dataset_source){.images = SHARD_IMAGES, .labels = SHARD_LABELS, .axes = "auto"};
    make_types(f);
    kinds[kind](f);
}

static forged_column *find(shard_form *f, const char *name)
{
    for (size_t i = 0; i < f->column_count; i++)
        if (strcmp(f->columns[i].name, name) == 0) return &f->columns[i];
    return NULL;
}

// Of bytes from .. to of the contents, if they are there.
static void sum(shard_form *f, const forged_column *of, size_t sample, uint64_t from, uint64_t to)
{
    forged_column *sums = find(f, SHARD_CRC);
    if (from >= to || to > of->bytes || (sample + 1) * 4 > sums->bytes) return;
    size_t from_column = (size_t)(of - f->columns), to_column = (size_t)(sums - f->columns);
    uint32_t crc = shard_crc32c(f->contents[from_column] + from, (size_t)(to - from));
    memcpy(f->contents[to_column] + sample * 4, &crc, sizeof crc);
}

static void leave_out(shard_form *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->column_count; i++)
        if (f->columns[i].name[0] != '\0') f->columns[kept++] = f->columns[i];
    f->column_count = kept;
    kept = 0;
    for (size_t i = 0; i < f->attribute_count; i++)
        if (f->attributes[i].name[0] != '\0') f->attributes[kept++] = f->attributes[i];
    f->attribute_count = kept;
}

void shard_form_seal(shard_form *f)
{
    const forged_column *images = find(f, SHARD_IMAGES), *bytes = find(f, SHARD_BYTES);
    const forged_column *places = find(f, SHARD_OFFSETS);
    uint64_t offsets[SAMPLES + 1];
    if (places != NULL) memcpy(offsets, f->contents[places - f->columns], sizeof offsets);
    for (size_t i = 0; i < SAMPLES && find(f, SHARD_CRC) != NULL; i++) {
        size_t sample = (size_t)SIDE * SIDE * 3;
        if (images != NULL) sum(f, images, i, i * sample, (i + 1) * sample);
        if (images == NULL && bytes != NULL && places != NULL)
            sum(f, bytes, i, offsets[i], offsets[i + 1]);
    }
    leave_out(f);
}

void shard_form_end(shard_form *f)
{
    for (size_t i = 0; i < f->own_count; i++)
        H5Tclose(f->own[i]);
}
