// io/files/hdf5_place.c -- an address of HDF5 counts only in the file that the object is in.
#include "io/files/hdf5_place.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

// HDF5's number of the open file that an object is in; the same file has one number.
static unsigned long file_number(hid_t object)
{
#if H5_VERSION_GE(1, 12, 0)
    H5O_info2_t info = {0};
    return H5Oget_info3(object, &info, H5O_INFO_BASIC) >= 0 ? info.fileno : 0;
#else
    H5O_info_t info = {0};
    return H5Oget_info2(object, &info, H5O_INFO_BASIC) >= 0 ? info.fileno : 0;
#endif
}

static bool same_file(hid_t file, hid_t set)
{
    unsigned long own = file_number(set);
    return own != 0 && own == file_number(file);
}

static haddr_t find_address(hid_t set, hid_t type)
{
    hid_t stored = H5Dget_type(set), settings = H5Dget_create_plist(set);
    bool plain = H5Pget_layout(settings) == H5D_CONTIGUOUS &&
                 H5Pget_external_count(settings) == 0 && H5Tequal(stored, type) > 0;
    H5Pclose(settings);
    H5Tclose(stored);
    return plain ? H5Dget_offset(set) : HADDR_UNDEF;
}

static status check_end(const char *path, uint64_t place, uint64_t bytes)
{
    struct stat about;
    CHECK(stat(path, &about) == 0, ST_IO, "%s: cannot be looked at: %s", path, strerror(errno));
    uint64_t size = (uint64_t)about.st_size;
    CHECK(size >= bytes && size - bytes >= place, ST_BAD_DATA,
          "%s: truncated: its data end at byte %" PRIu64 ", the file before: copy it again", path,
          place + bytes);
    return ST_OK;
}

status hdf5_find_place(hid_t file, const char *path, hid_t set, hid_t type, uint64_t *place)
{
    *place = 0;
    if (!same_file(file, set)) return ST_OK;
    haddr_t address = find_address(set, type);
    if (address == HADDR_UNDEF) return ST_OK;
    *place = (uint64_t)address;
    return check_end(path, *place, (uint64_t)H5Dget_storage_size(set));
}
