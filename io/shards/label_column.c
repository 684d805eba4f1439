// io/shards/label_column.c -- labels of each type, a block at a time.
#include "io/shards/label_column.h"

#include "io/files/hdf5_attribute.h"
#include "io/files/hdf5_dataset.h"
#include "io/files/hdf5_file.h"
#include "io/files/hdf5_parts.h"
#include "io/shards/shard.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_LIMIT  ((int64_t)1 << 20)
#define BLOCK_LABELS 1024

static status find_kind(label_column *c)
{
    char text[HDF5_TEXT_SIZE];
    hid_t type = H5Dget_type(c->set);
    H5T_class_t class = H5Tget_class(type);
    hdf5_type_text(type, text);
    H5Tclose(type);
    CHECK(class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_STRING || class == H5T_ENUM,
          ST_BAD_DATA, "%s: labels \"%s\" are %s; integers, whole numbers or texts are expected",
          c->path, c->name, text);
    c->kind = class == H5T_INTEGER  ? LABELS_INTEGER
              : class == H5T_FLOAT  ? LABELS_REAL
              : class == H5T_STRING ? LABELS_TEXT
                                    : LABELS_ENUM;
    return ST_OK;
}

status label_column_take(label_column *c, hid_t set, const char *path, const char *name)
{
    char text[HDF5_TEXT_SIZE];
    *c = (label_column){.set = set, .path = path, .name = name};
    hid_t space = H5Dget_space(set);
    hdf5_shape_text(space, text);
    H5Sclose(space);
    status s = find_kind(c);
    if (s == ST_OK && hdf5_column_length(set) < 0)
        s = failure(ST_BAD_DATA,
                    "%s: labels \"%s\" are %s; one label for each image is expected, in a column",
                    path, name, text);
    if (s == ST_OK) s = hdf5_check_parts(set, path, name, 0, &c->unwritten);
    if (s != ST_OK) label_column_close(c);
    return s;
}

status label_column_open(label_column *c, hid_t file, const char *path, const char *name)
{
    hid_t set;
    TRY(hdf5_open_dataset(&set, file, path, "labels", name));
    return label_column_take(c, set, path, name);
}

void label_column_close(label_column *c)
{
    H5Dclose(c->set);
    c->set = -1;
}

uint64_t label_column_length(const label_column *c)
{
    return (uint64_t)hdf5_column_length(c->set);
}

// What is done with each text of a block.
typedef struct text_visit {
    status (*visit)(void *context, uint64_t index, const char *text);
    void *context;
} text_visit;

static status cannot_read(const label_column *c, uint64_t first)
{
    char reason[HDF5_TEXT_SIZE];
    return failure(ST_IO, "%s: labels from sample %" PRIu64 " on cannot be read (%s)", c->path,
                   first, hdf5_reason(reason));
}

static status visit_variable(const label_column *c, hid_t type, uint64_t first, uint64_t count,
                             const text_visit *v)
{
    char *texts[BLOCK_LABELS] = {NULL};
    if (hdf5_read_column(c->set, first, count, type, texts) < 0) return cannot_read(c, first);
    status s = ST_OK;
    for (uint64_t i = 0; i < count; i++) {
        if (s == ST_OK) s = v->visit(v->context, i, texts[i] != NULL ? texts[i] : "");
        H5free_memory(texts[i]);
    }
    return s;
}

static status visit_fixed(const label_column *c, hid_t type, uint64_t first, uint64_t count,
                          const text_visit *v)
{
    size_t size = H5Tget_size(type);
    char *texts = calloc(count + 1, size + 1), *text = texts + count * size;
    CHECK(texts != NULL, ST_INTERNAL, "no memory for labels of %zu bytes", size);
    status s = ST_OK;
    if (hdf5_read_column(c->set, first, count, type, texts) < 0) s = cannot_read(c, first);
    for (uint64_t i = 0; i < count && s == ST_OK; i++) {
        hdf5_unpad(texts + i * size, size, H5Tget_strpad(type), text);
        s = v->visit(v->context, i, text);
    }
    free(texts);
    return s;
}

static status visit_enum(const label_column *c, hid_t type, uint64_t first, uint64_t count,
                         const text_visit *v)
{
    char name[256];
    size_t size = H5Tget_size(type);
    char *values = calloc(count, size);
    CHECK(values != NULL, ST_INTERNAL, "no memory for labels of %zu bytes", size);
    status s = ST_OK;
    if (hdf5_read_column(c->set, first, count, type, values) < 0) s = cannot_read(c, first);
    for (uint64_t i = 0; i < count && s == ST_OK; i++) {
        const char *value = values + i * size; // HDF5 takes its time: not for the one before
        bool known = i > 0 && memcmp(value, value - size, size) == 0;
        if (!known && H5Tenum_nameof(type, value, name, sizeof name) < 0)
            s = failure(ST_BAD_DATA, "%s: sample %" PRIu64 " has a label that has no name", c->path,
                        first + i);
        else
            s = v->visit(v->context, i, name);
    }
    free(values);
    return s;
}

// At most BLOCK_LABELS.
static status visit_texts(const label_column *c, uint64_t first, uint64_t count,
                          const text_visit *v)
{
    hid_t type = H5Dget_type(c->set);
    status s;
    if (c->kind == LABELS_ENUM)
        s = visit_enum(c, type, first, count, v);
    else if (H5Tis_variable_str(type) > 0)
        s = visit_variable(c, type, first, count, v);
    else
        s = visit_fixed(c, type, first, count, v);
    H5Tclose(type);
    return s;
}

static status gather_text(void *context, uint64_t index, const char *text)
{
    int label;
    (void)index;
    return text[0] != '\0' ? class_list_add(context, text, &label) : ST_OK;
}

status label_column_gather(const label_column *c, uint64_t first, uint64_t count, class_list *names)
{
    const text_visit v = {gather_text, names};
    if (c->kind != LABELS_TEXT && c->kind != LABELS_ENUM) return ST_OK;
    for (uint64_t done = 0; done < count; done += BLOCK_LABELS) {
        uint64_t left = count - done;
        TRY(visit_texts(c, first + done, left < BLOCK_LABELS ? left : BLOCK_LABELS, &v));
    }
    return ST_OK;
}

// Where the numbers of a block of texts go.
typedef struct numbering {
    const label_column *column;
    const class_list *names;
    uint64_t first;
    int64_t *values;
} numbering;

static status number_text(void *context, uint64_t index, const char *text)
{
    const numbering *n = context;
    n->values[index] = text[0] != '\0' ? class_list_find(n->names, text) : -1;
    CHECK(text[0] == '\0' || n->values[index] >= 0, ST_BAD_DATA,
          "%s: the label of sample %" PRIu64 " has changed since the file was opened",
          n->column->path, n->first + index);
    return ST_OK;
}

static status read_integers(const label_column *c, uint64_t first, uint64_t count, int64_t *values)
{
    if (hdf5_read_column(c->set, first, count, H5T_NATIVE_INT64, values) < 0)
        return cannot_read(c, first);
    for (uint64_t i = 0; i < count; i++)
        CHECK(values[i] >= -1 && values[i] <= LABEL_LIMIT, ST_BAD_DATA,
              "%s: sample %" PRIu64 " has label %" PRId64 "; labels are 0 .. %" PRId64
              ", or -1 for unlabelled",
              c->path, first + i, values[i], LABEL_LIMIT);
    return ST_OK;
}

static status read_reals(const label_column *c, uint64_t first, uint64_t count, int64_t *values)
{
    double reals[BLOCK_LABELS];
    if (hdf5_read_column(c->set, first, count, H5T_NATIVE_DOUBLE, reals) < 0)
        return cannot_read(c, first);
    for (uint64_t i = 0; i < count; i++) {
        double label = isnan(reals[i]) ? -1 : reals[i];
        CHECK(label >= -1 && label <= (double)LABEL_LIMIT && floor(label) == label, ST_BAD_DATA,
              "%s: sample %" PRIu64 " has label %g; labels are whole numbers 0 .. %" PRId64
              ", or -1 or NaN for unlabelled",
              c->path, first + i, label, LABEL_LIMIT);
        values[i] = (int64_t)label;
    }
    return ST_OK;
}

status label_column_read(const label_column *c, const class_list *names, uint64_t first,
                         uint64_t count, int64_t *values)
{
    for (uint64_t done = 0; done < count; done += BLOCK_LABELS) {
        uint64_t at = first + done, left = count - done;
        uint64_t part = left < BLOCK_LABELS ? left : BLOCK_LABELS;
        numbering n = {c, names, at, values + done};
        const text_visit v = {number_text, &n};
        if (c->kind == LABELS_INTEGER)
            TRY(read_integers(c, at, part, values + done));
        else if (c->kind == LABELS_REAL)
            TRY(read_reals(c, at, part, values + done));
        else
            TRY(visit_texts(c, at, part, &v));
    }
    return ST_OK;
}

// A name, or several of them in lines.
typedef struct name_list {
    class_list *names;
    const char *path;
} name_list;

static status take_names(void *context, const char *text)
{
    const name_list *list = context;
    return class_list_parse(list->names, text[0] != '\0' ? text : "\n", list->path);
}

status label_names_read(hid_t object, const char *path, class_list *names)
{
    name_list list = {names, path};
    return hdf5_each_text(object, path, SHARD_ATTRIBUTE_CLASSES, take_names, &list);
}
