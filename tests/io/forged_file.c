// tests/io/forged_file.c -- see forged_file.h. HDF5 calls of its own, for the program writes no
// such thing.
#include "tests/io/forged_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST_ZEROS ((size_t)1 << 20) // bytes of an attribute

// Bytes of so many values, or SIZE_MAX.
static size_t bytes_of(hid_t type, int rank, const hsize_t *dims)
{
    size_t bytes = H5Tget_size(type);
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(bytes, dims[i], &bytes)) return SIZE_MAX;
    return bytes;
}

static hid_t space_of(int rank, const hsize_t *dims)
{
    return rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, dims, NULL);
}

static bool write_attribute(hid_t file, const forged_attribute *a)
{
    size_t bytes = bytes_of(a->type, a->rank, a->dims);
    if (bytes > MOST_ZEROS || H5Tis_variable_str(a->type) > 0) return false;
    void *zeros = calloc(1, bytes + 1);
    hid_t space = space_of(a->rank, a->dims);
    hid_t attribute = H5Acreate2(file, a->name, a->type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool made = zeros != NULL && attribute >= 0 &&
                H5Awrite(attribute, a->type, a->bytes >= bytes ? a->contents : zeros) >= 0;
    if (attribute >= 0) H5Aclose(attribute);
    if (space >= 0) H5Sclose(space);
    free(zeros);
    return made;
}

static hid_t creation_of(const forged_column *c)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    if (c->storage == STORAGE_COMPACT) H5Pset_layout(creation, H5D_COMPACT);
    if (c->storage == STORAGE_EXTERNAL) H5Pset_external(creation, "nowhere.raw", 0, H5F_UNLIMITED);
    if (c->storage != STORAGE_CHUNKED || c->rank == 0) return creation;
    H5Pset_chunk(creation, c->rank, c->chunk);
    if (c->shuffled) H5Pset_shuffle(creation);
    if (c->deflated) H5Pset_deflate(creation, 1);
    if (c->summed) H5Pset_fletcher32(creation);
    return creation;
}

// As many whole rows as the contents fill. Of a contiguous column only all of them: else the file
// would become as large as the column says. None where HDF5 1.10 would crash, which counts bytes
// modulo 2^64.
static bool write_rows(hid_t set, const forged_column *c)
{
    hsize_t start[FORGED_RANK] = {0}, count[FORGED_RANK] = {1};
    size_t whole = bytes_of(c->type, c->rank, c->dims);
    size_t row = bytes_of(c->type, c->rank - 1, c->dims + 1);
    bool all = whole <= c->bytes;
    if (whole == 0 || whole > INT64_MAX ||
        (!all && (c->storage != STORAGE_CHUNKED || row == 0 || row > c->bytes)))
        return true;
    if (all) return H5Dwrite(set, c->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, c->contents) >= 0;
    for (int i = 0; i < c->rank; i++)
        count[i] = i == 0 ? c->bytes / row : c->dims[i];
    hid_t from = H5Screate_simple(c->rank, count, NULL), to = H5Dget_space(set);
    bool made = H5Sselect_hyperslab(to, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
                H5Dwrite(set, c->type, from, to, H5P_DEFAULT, c->contents) >= 0;
    H5Sclose(to);
    H5Sclose(from);
    return made;
}

static bool write_column(hid_t file, const forged_column *c)
{
    hid_t space = space_of(c->rank, c->dims), creation = creation_of(c);
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    hid_t set = H5Dcreate2(file, c->name, c->type, space, links, creation, H5P_DEFAULT);
    bool made = set >= 0;
    if (made && c->contents != NULL && c->storage != STORAGE_EXTERNAL)
        made = c->rank > 0
                   ? write_rows(set, c)
                   : bytes_of(c->type, 0, NULL) > c->bytes ||
                         H5Dwrite(set, c->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, c->contents) >= 0;
    if (set >= 0) H5Dclose(set);
    H5Pclose(links);
    H5Pclose(creation);
    if (space >= 0) H5Sclose(space);
    return made;
}

bool forge_file(const char *path, const forged_file *wanted)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    (void)unlink(path);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110); // attributes of any size
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    if (file < 0) return false;
    bool made = true;
    for (size_t i = 0; i < wanted->column_count && made; i++)
        made = write_column(file, &wanted->columns[i]);
    for (size_t i = 0; i < wanted->attribute_count && made; i++)
        made = write_attribute(file, &wanted->attributes[i]);
    return H5Fclose(file) >= 0 && made;
}
