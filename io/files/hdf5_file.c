// io/files/hdf5_file.c -- opening HDF5 files, and turning its types, shapes and errors into words.
#include "io/files/hdf5_file.h"

#include "base/printable.h"
#include "io/files/hdf5_input.h"
#include "io/files/hdf5_lzf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static herr_t find_not_hdf5(unsigned depth, const H5E_error2_t *error, void *context)
{
    (void)depth;
    if (error->min_num == H5E_NOTHDF5) *(bool *)context = true;
    return 0;
}

status hdf5_open_any(hid_t *file, const char *path, bool *foreign)
{
    char reason[HDF5_TEXT_SIZE];
    *foreign = false;
    hdf5_input_forget();
    hdf5_lzf_register();
    hid_t settings = hdf5_input_settings();
    *file = H5Fopen(path, H5F_ACC_RDONLY, settings);
    if (*file < 0) {
        H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, find_not_hdf5, foreign);
        hdf5_reason(reason); // the next call would forget it
    }
    H5Pclose(settings);
    if (*file >= 0) return ST_OK;
    TRY(hdf5_input_trouble());
    return *foreign ? ST_OK
                    : failure(ST_BAD_DATA,
                              "%s: an HDF5 file, but it cannot be opened (%s): copy it again", path,
                              reason);
}

status hdf5_open(hid_t *file, const char *path)
{
    bool foreign;
    TRY(hdf5_open_any(file, path, &foreign));
    CHECK(!foreign, ST_BAD_DATA, "%s: not an HDF5 file", path);
    return ST_OK;
}

static herr_t keep_innermost(unsigned depth, const H5E_error2_t *error, void *context)
{
    (void)depth;
    char *text = context;
    snprintf(text, HDF5_TEXT_SIZE, "%s", error->desc);
    return 1; // the walk begins at the innermost
}

const char *hdf5_reason(char text[HDF5_TEXT_SIZE])
{
    snprintf(text, HDF5_TEXT_SIZE, "unknown reason");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, text);
    // HDF5 does not have the system's words, the driver does.
    if (hdf5_input_trouble_text()[0] != '\0')
        snprintf(text, HDF5_TEXT_SIZE, "%.*s", HDF5_TEXT_SIZE - 1, hdf5_input_trouble_text());
    return text;
}

const char *hdf5_type_text(hid_t type, char text[HDF5_TEXT_SIZE])
{
    const char *name = "of an unknown type";
    size_t bits = 8 * H5Tget_size(type);
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        name = H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int";
        break;
    case H5T_FLOAT:
        name = "float";
        break;
    case H5T_STRING:
        name = "string", bits = 0;
        break;
    case H5T_COMPOUND:
        name = "compound", bits = 0;
        break;
    case H5T_ENUM:
        name = "enum", bits = 0;
        break;
    case H5T_VLEN:
        name = "variable-length", bits = 0;
        break;
    default:
        bits = 0;
    }
    const char *order = bits > 8 && H5Tget_order(type) == H5T_ORDER_BE ? " big-endian" : "";
    if (bits > 0)
        snprintf(text, HDF5_TEXT_SIZE, "%s%zu%s", name, bits, order);
    else
        snprintf(text, HDF5_TEXT_SIZE, "%s", name);
    return text;
}

const char *hdf5_shape_text(hid_t space, char text[HDF5_TEXT_SIZE])
{
    hsize_t dims[H5S_MAX_RANK];
    int rank = H5Sget_simple_extent_dims(space, dims, NULL);
    snprintf(text, HDF5_TEXT_SIZE, "single value");
    size_t used = 0;
    for (int i = 0; i < rank && used < HDF5_TEXT_SIZE; i++)
        used += (size_t)snprintf(text + used, HDF5_TEXT_SIZE - used, "%s%" PRIu64,
                                 i == 0 ? "" : " x ", (uint64_t)dims[i]);
    return text;
}

typedef struct visitor {
    void (*visit)(hid_t dataset, const char *name, void *context);
    void *context;
} visitor;

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    (void)info;
    const visitor *v = context;
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    if (dataset < 0) return 0; // a group, or a link to nowhere
    v->visit(dataset, name, v->context);
    H5Dclose(dataset);
    return 0;
}

status hdf5_each_dataset(hid_t file, const char *path,
                         void (*visit)(hid_t dataset, const char *name, void *context),
                         void *context)
{
    char reason[HDF5_TEXT_SIZE];
    visitor v = {visit, context};
    CHECK(H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, visit_link, &v) >= 0, ST_BAD_DATA,
          "%s: its table of contents cannot be read (%s)", path, hdf5_reason(reason));
    return ST_OK;
}

typedef struct list_style {
    const char *before, *after;
    FILE *out;
} list_style;

static void write_dataset(hid_t dataset, const char *name, void *context)
{
    const list_style *style = context;
    char shape[HDF5_TEXT_SIZE], type_name[HDF5_TEXT_SIZE];
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    fprintf(style->out, "%s/%s (%s %s)%s", style->before, printable(name),
            hdf5_shape_text(space, shape), hdf5_type_text(type, type_name), style->after);
    H5Sclose(space);
    H5Tclose(type);
}

status hdf5_write_list(hid_t file, const char *path, const char *before, const char *after,
                       FILE *out)
{
    list_style style = {before, after, out};
    return hdf5_each_dataset(file, path, write_dataset, &style);
}
