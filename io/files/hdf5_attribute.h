// io/files/hdf5_attribute.h -- the one reader of HDF5 attributes: numbers and texts.
//
// What a file calls an attribute may be of any type and size. Nothing is read here before both are
// known to fit the place it goes to. tests/layers.sh checks that nobody else reads attributes.
// Every function wants the lock of io/files/hdf5_lock.h held.
#ifndef IO_FILES_HDF5_ATTRIBUTE_H
#define IO_FILES_HDF5_ATTRIBUTE_H

#include "base/status.h"

#include <hdf5.h>
#include <stdbool.h>

// Which numbers are wanted, and where they go.
typedef struct hdf5_numbers {
    const char *name;
    hsize_t count; // of an array of one dimension; 1 also of a single value
    hid_t type;    // of `values`, a native one: integers want integers that are not wider
    void *values;  // (count)
} hdf5_numbers;

// Reads the attribute of `object`. *found is false, and no value touched, when there is none of the
// name, or it is of another type or extent. `path` names the file in messages.
// Errors: ST_BAD_DATA it is the right one but cannot be read.
status hdf5_read_numbers(hid_t object, const char *path, const hdf5_numbers *wanted, bool *found);

// The text attribute `name` of `object`, to be freed by the caller; NULL when it is not one text.
char *hdf5_get_text(hid_t object, const char *name);

// Calls `visit` for each text of an attribute of texts, whatever its shape, in order; a missing one
// is "". Does nothing when there is no such attribute, or one of something else.
// Errors: those of `visit`; ST_BAD_DATA it cannot be read; ST_INTERNAL no memory.
status hdf5_each_text(hid_t object, const char *path, const char *name,
                      status (*visit)(void *context, const char *text), void *context);

// The `size` bytes of a fixed-length text without what fills them up, into `text` (size + 1).
void hdf5_unpad(const char *from, size_t size, H5T_str_t padding, char *text);

#endif
