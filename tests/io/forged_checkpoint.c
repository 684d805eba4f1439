// tests/io/forged_checkpoint.c -- see forged_checkpoint.h. HDF5 calls of its own, for the program
// writes no such thing.
#include "tests/io/forged_checkpoint.h"

#include "io/checkpoint/checkpoint_format.h"
#include "io/files/seal.h"
#include "io/shards/shard.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

// The first 8 bytes of each element are the number's.
static bool write_number(hid_t object, const char *name, hid_t type, uint64_t count, uint64_t value)
{
    hsize_t dims[1] = {count};
    hid_t space = count == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, dims, NULL);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    size_t size = H5Tget_size(type), elements = count == 0 ? 1 : (size_t)count;
    char *bytes = calloc(elements, size + 8);
    bool made = attribute >= 0 && bytes != NULL;
    for (size_t i = 0; made && i < elements; i++)
        memcpy(bytes + i * size, &value, size < 8 ? size : 8);
    if (made && H5Tget_class(type) != H5T_VLEN && H5Tis_variable_str(type) <= 0)
        made = H5Awrite(attribute, type, bytes) >= 0;
    free(bytes);
    if (attribute >= 0) H5Aclose(attribute);
    H5Sclose(space);
    return made;
}

static bool write_text(hid_t file, const char *name, const char *value)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, strlen(value) + 1);
    hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool made = attribute >= 0 && H5Awrite(attribute, type, value) >= 0;
    if (attribute >= 0) H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    return made;
}

static hid_t creation_of(const forged_array *a, const char *beside)
{
    hsize_t chunk[4];
    for (int i = 0; i < 4; i++)
        chunk[i] = a->told.dims[i] > 0 ? a->told.dims[i] : 1;
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    if (a->layout == FORGED_COMPACT) H5Pset_layout(creation, H5D_COMPACT);
    if (a->layout == FORGED_CHUNKED && a->told.rank > 0)
        H5Pset_chunk(creation, a->told.rank, chunk);
    if (a->layout == FORGED_EXTERNAL) H5Pset_external(creation, beside, 0, H5F_UNLIMITED);
    if (a->layout == FORGED_UNALLOCATED) H5Pset_alloc_time(creation, H5D_ALLOC_TIME_LATE);
    H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
    return creation;
}

static bool write_array(hid_t file, const forged_array *a, uint64_t *manifest)
{
    const checkpoint_array *told = &a->told;
    hid_t type = a->type != 0 ? a->type : array_stored(told->type);
    hid_t creation = creation_of(a, "beside.raw"), links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    hsize_t dims[4];
    for (int i = 0; i < told->rank; i++)
        dims[i] = told->dims[i];
    hid_t space =
        told->rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(told->rank, dims, NULL);
    hid_t dataset = H5Dcreate2(file, told->name, type, space, links, creation, H5P_DEFAULT);
    bool made = dataset >= 0;
    uint64_t hash = 0;
    if (made && told->data != NULL) {
        hash = XXH3_64bits(told->data, checkpoint_array_bytes(told));
        made = H5Dwrite(dataset, array_native(told->type), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                        told->data) >= 0;
    }
    hash ^= a->hash_change;
    *manifest += manifest_array(told, hash);
    hid_t hash_type = a->hash_type != 0 ? a->hash_type : H5T_STD_U64LE;
    made = made && write_number(dataset, CHECKPOINT_HASH, hash_type, a->hash_count, hash);
    if (dataset >= 0) H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(links);
    H5Pclose(creation);
    return made;
}

static bool write_all(hid_t file, const forged_checkpoint *wanted)
{
    uint64_t manifest = 0;
    hid_t version = wanted->version_type != 0 ? wanted->version_type : H5T_STD_I32LE;
    bool made = write_text(file, SHARD_ATTRIBUTE_FORMAT,
                           wanted->format != NULL ? wanted->format : CHECKPOINT_FORMAT) &&
                write_number(file, SHARD_ATTRIBUTE_VERSION, version, wanted->version_count,
                             CHECKPOINT_FORMAT_VERSION);
    for (size_t i = 0; i < wanted->text_count && made; i++) {
        made = write_text(file, wanted->texts[i].name, wanted->texts[i].value);
        manifest += manifest_text(wanted->texts[i].name, wanted->texts[i].value);
    }
    for (size_t i = 0; i < wanted->array_count && made; i++)
        made = write_array(file, &wanted->arrays[i], &manifest);
    manifest ^= wanted->manifest_change;
    return made && write_number(file, CHECKPOINT_MANIFEST, H5T_STD_U64LE, 0, manifest);
}

bool forge_checkpoint(const char *path, const forged_checkpoint *wanted)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110); // attributes of any size
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    (void)unlink(path);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    if (file < 0) return false;
    bool made = write_all(file, wanted);
    made = H5Fclose(file) >= 0 && made;
    if (!made || seal_write(path) == ST_OK) return made;
    status_clear();
    return false;
}
