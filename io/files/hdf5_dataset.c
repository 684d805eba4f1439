// io/files/hdf5_dataset.c -- follows a name part by part to say where it ends.
#include "io/files/hdf5_dataset.h"

#include "io/files/hdf5_file.h"
#include "io/files/hdf5_input.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// The message lists the data sets that there are.
static status no_dataset(hid_t file, const char *path, const char *what, const char *name)
{
    char list[1024] = "";
    FILE *out = fmemopen(list, sizeof list, "w");
    CHECK(out != NULL, ST_INTERNAL, "no memory to list the data sets of %s", path);
    status s = hdf5_write_list(file, path, " ", "", out);
    (void)fclose(out); // a list too long is cut
    TRY(s);
    return failure(ST_BAD_DATA, "%s: there is no data set \"%s\" for the %s; the file holds%s",
                   path, name, what, list[0] != '\0' ? list : " no data set");
}

// Whether each part of the name is a link of the group before it. 0: one is not; below 0: HDF5
// cannot tell.
static htri_t has_link(hid_t file, const char *name)
{
    char part[PATH_MAX];
    size_t length = strlen(name), from = strspn(name, "/");
    if (length >= sizeof part) return 0;
    while (from < length) {
        size_t end = from + strcspn(name + from, "/");
        snprintf(part, sizeof part, "%.*s", (int)end, name);
        htri_t there = H5Lexists(file, part, H5P_DEFAULT);
        if (there <= 0) return there;
        from = end + strspn(name + end, "/");
    }
    return 1;
}

// " (a link to "/data" of "scan.h5")", or nothing when it is no such link.
static const char *link_text(hid_t file, const char *name, char text[HDF5_TEXT_SIZE])
{
    H5L_info_t link;
    char value[1024] = "";
    const char *target = "", *object = "";
    text[0] = '\0';
    if (H5Lget_info(file, name, &link, H5P_DEFAULT) < 0 || link.u.val_size > sizeof value ||
        (link.type != H5L_TYPE_EXTERNAL && link.type != H5L_TYPE_SOFT) ||
        H5Lget_val(file, name, value, sizeof value, H5P_DEFAULT) < 0)
        return text;
    if (link.type == H5L_TYPE_SOFT)
        snprintf(text, HDF5_TEXT_SIZE, " (a link to \"%.200s\")", value);
    else if (H5Lunpack_elink_val(value, link.u.val_size, NULL, &target, &object) >= 0)
        snprintf(text, HDF5_TEXT_SIZE, " (a link to \"%.100s\" of \"%.100s\")", object, target);
    return text;
}

static bool is_other_object(hid_t file, const char *name)
{
    hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    if (object < 0) return false;
    bool other = H5Iget_type(object) != H5I_DATASET;
    H5Oclose(object);
    return other;
}

static status cannot_open(hid_t file, const char *path, const char *what, const char *name)
{
    char reason[HDF5_TEXT_SIZE], text[HDF5_TEXT_SIZE];
    unsigned major, minor, release;
    hdf5_reason(reason); // the next call would forget it
    bool trouble = hdf5_input_trouble() != ST_OK;
    status code = trouble ? hdf5_input_trouble() : ST_BAD_DATA;
    status_clear();
    htri_t there = has_link(file, name);
    if (there == 0 && !trouble) return no_dataset(file, path, what, name);
    link_text(file, name, text);
    CHECK(!is_other_object(file, name), ST_BAD_DATA,
          "%s: \"%s\"%s for the %s is no data set but a group or type; name what is in it", path,
          name, text, what);
    H5get_libversion(&major, &minor, &release);
    CHECK(strstr(reason, "version") == NULL, ST_BAD_DATA,
          "%s: \"%s\"%s cannot be read: it is damaged, or written in a form that this program's "
          "HDF5 %u.%u.%u is too old for (%s): write it again with libver='v110' in h5py, "
          "H5F_LIBVER_V110 in C",
          path, name, text, major, minor, release, reason);
    return failure(code, "%s: \"%s\"%s cannot be read (%s)%s", path, name, text, reason,
                   trouble ? "" : ": copy it again");
}

status hdf5_open_dataset(hid_t *set, hid_t file, const char *path, const char *what,
                         const char *name)
{
    hdf5_input_forget();
    *set = H5Dopen2(file, name, H5P_DEFAULT);
    return *set >= 0 ? ST_OK : cannot_open(file, path, what, name);
}

status hdf5_open_if_any(hid_t *set, hid_t file, const char *path, const char *what,
                        const char *name)
{
    *set = -1;
    return has_link(file, name) != 0 ? hdf5_open_dataset(set, file, path, what, name) : ST_OK;
}

herr_t hdf5_read(hid_t set, hid_t type, hid_t memory_space, hid_t file_space, void *values)
{
    hdf5_input_forget();
    herr_t result = H5Dread(set, type, memory_space, file_space, H5P_DEFAULT, values);
    return hdf5_input_trouble_text()[0] == '\0' ? result : -1;
}

// HDF5 1.10 fails where no chunk is, later ones say 0. H5Dget_chunk_info_by_coord would walk over
// all.
hsize_t hdf5_chunk_bytes(hid_t set, const hsize_t *coordinates)
{
    hsize_t bytes = 0;
    return H5Dget_chunk_storage_size(set, coordinates, &bytes) >= 0 ? bytes : 0;
}

herr_t hdf5_read_column(hid_t set, hsize_t first, hsize_t count, hid_t type, void *values)
{
    hsize_t start[H5S_MAX_RANK] = {first}, block[H5S_MAX_RANK] = {count};
    for (int i = 1; i < H5S_MAX_RANK; i++)
        block[i] = 1;
    hid_t from = H5Dget_space(set), to = H5Screate_simple(1, &count, NULL);
    herr_t result = H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, block, NULL);
    if (result >= 0) result = hdf5_read(set, type, to, from, values);
    H5Sclose(to);
    H5Sclose(from);
    return result;
}

int64_t hdf5_column_length(hid_t set)
{
    hsize_t dims[H5S_MAX_RANK] = {0};
    hid_t space = H5Dget_space(set);
    int rank = H5Sget_simple_extent_dims(space, dims, NULL);
    H5Sclose(space);
    for (int i = 1; i < rank; i++)
        if (dims[i] != 1) return -1;
    return rank >= 1 ? (int64_t)dims[0] : -1;
}
