// io/files/hdf5_attribute.c -- type and extent first, then the values.
#include "io/files/hdf5_attribute.h"

#include "io/files/hdf5_file.h"

#include <stdlib.h>
#include <string.h>

// An attribute that is there, opened; below 0: there is none.
typedef struct attribute {
    hid_t id, type, space;
} attribute;

static void close_attribute(const attribute *a)
{
    if (a->type >= 0) H5Tclose(a->type);
    if (a->space >= 0) H5Sclose(a->space);
    if (a->id >= 0) H5Aclose(a->id);
}

static status open_attribute(attribute *a, hid_t object, const char *path, const char *name)
{
    char reason[HDF5_TEXT_SIZE];
    *a = (attribute){-1, -1, -1};
    htri_t there = H5Aexists(object, name);
    if (there > 0) a->id = H5Aopen(object, name, H5P_DEFAULT);
    if (a->id >= 0) a->type = H5Aget_type(a->id);
    if (a->id >= 0) a->space = H5Aget_space(a->id);
    if (there == 0 || (a->type >= 0 && a->space >= 0)) return ST_OK;
    hdf5_reason(reason); // the next call would forget it
    close_attribute(a);
    return failure(ST_BAD_DATA, "%s: attribute \"%s\" cannot be read (%s): copy it again", path,
                   name, reason);
}

static bool fits(const attribute *a, const hdf5_numbers *wanted)
{
    hsize_t dims[H5S_MAX_RANK] = {1};
    int rank = H5Sget_simple_extent_dims(a->space, dims, NULL);
    H5T_class_t stored = H5Tget_class(a->type);
    bool right_type = stored == H5T_INTEGER || stored == H5T_FLOAT;
    if (H5Tget_class(wanted->type) == H5T_INTEGER)
        right_type = stored == H5T_INTEGER && H5Tget_size(a->type) <= H5Tget_size(wanted->type);
    bool one = rank == 0 && H5Sget_simple_extent_type(a->space) == H5S_SCALAR && wanted->count == 1;
    return right_type && (one || (rank == 1 && dims[0] == wanted->count));
}

status hdf5_read_numbers(hid_t object, const char *path, const hdf5_numbers *wanted, bool *found)
{
    char reason[HDF5_TEXT_SIZE] = "";
    attribute a;
    *found = false;
    TRY(open_attribute(&a, object, path, wanted->name));
    if (a.id < 0) return ST_OK;
    bool right = fits(&a, wanted);
    *found = right && H5Aread(a.id, wanted->type, wanted->values) >= 0;
    if (right && !*found) hdf5_reason(reason);
    close_attribute(&a);
    CHECK(!right || *found, ST_BAD_DATA, "%s: attribute \"%s\" cannot be read (%s): copy it again",
          path, wanted->name, reason);
    return ST_OK;
}

void hdf5_unpad(const char *from, size_t size, H5T_str_t padding, char *text)
{
    memcpy(text, from, size);
    text[size] = '\0';
    size_t length = strlen(text);
    while (padding == H5T_STR_SPACEPAD && length > 0 && text[length - 1] == ' ')
        text[--length] = '\0';
}

// Texts of any length are pointers of HDF5's.
static status visit_variable(const attribute *a, char **values, hssize_t count,
                             status (*visit)(void *context, const char *text), void *context)
{
    status s = ST_OK;
    for (hssize_t i = 0; i < count; i++) {
        if (s == ST_OK) s = visit(context, values[i] != NULL ? values[i] : "");
    }
    H5Dvlen_reclaim(a->type, a->space, H5P_DEFAULT, values);
    return s;
}

static status visit_fixed(const attribute *a, const char *values, hssize_t count, char *text,
                          status (*visit)(void *context, const char *text), void *context)
{
    size_t size = H5Tget_size(a->type);
    for (hssize_t i = 0; i < count; i++) {
        hdf5_unpad(values + (size_t)i * size, size, H5Tget_strpad(a->type), text);
        TRY(visit(context, text));
    }
    return ST_OK;
}

static status visit_texts(const attribute *a, const char *path, const char *name,
                          status (*visit)(void *context, const char *text), void *context)
{
    char reason[HDF5_TEXT_SIZE];
    hssize_t count = H5Sget_simple_extent_npoints(a->space);
    size_t size = H5Tget_size(a->type);
    char *values = count >= 0 ? calloc((size_t)count + 1, size + 1) : NULL;
    CHECK(values != NULL, ST_INTERNAL, "no memory for attribute \"%s\" of %s", name, path);
    status s;
    if (H5Aread(a->id, a->type, values) < 0)
        s = failure(ST_BAD_DATA, "%s: attribute \"%s\" cannot be read (%s): copy it again", path,
                    name, hdf5_reason(reason));
    else if (H5Tis_variable_str(a->type) > 0)
        s = visit_variable(a, (char **)(void *)values, count, visit, context);
    else
        s = visit_fixed(a, values, count, values + (size_t)count * size, visit, context);
    free(values);
    return s;
}

status hdf5_each_text(hid_t object, const char *path, const char *name,
                      status (*visit)(void *context, const char *text), void *context)
{
    attribute a;
    TRY(open_attribute(&a, object, path, name));
    if (a.id < 0) return ST_OK;
    status s = ST_OK;
    if (H5Tget_class(a.type) == H5T_STRING) s = visit_texts(&a, path, name, visit, context);
    close_attribute(&a);
    return s;
}

// Keeps the text if it is the only one.
typedef struct only_text {
    char *text;
    int count;
} only_text;

static status keep_text(void *context, const char *text)
{
    only_text *only = context;
    if (only->count++ == 0) only->text = strdup(text);
    return ST_OK;
}

char *hdf5_get_text(hid_t object, const char *name)
{
    only_text only = {NULL, 0};
    if (hdf5_each_text(object, "", name, keep_text, &only) != ST_OK) status_clear();
    if (only.count == 1) return only.text;
    free(only.text);
    return NULL;
}
