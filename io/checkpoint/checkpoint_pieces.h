// io/checkpoint/checkpoint_pieces.h -- an array on its way to or from a checkpoint, a few MiB at a
// time.
//
// A checkpoint is written while training goes on, and the loader wants HDF5's lock too: so the lock
// is held for one piece, and bytes are hashed between two pieces without it.
#ifndef IO_CHECKPOINT_CHECKPOINT_PIECES_H
#define IO_CHECKPOINT_CHECKPOINT_PIECES_H

#include "io/checkpoint/checkpoint.h"
#include "io/files/hdf5_file.h"

#include <hdf5.h>
#include <xxhash.h>

typedef enum pieces_way {
    PIECES_WRITE, // array->data to the data set
    PIECES_READ,  // the data set to array->data
    PIECES_SKIM   // the data set past a buffer of pieces_most(array) bytes, array->data
} pieces_way;

// Bytes of the largest piece of an array.
size_t pieces_most(const checkpoint_array *array);

// Without the lock. Moves all of an array of the data set's type and dims; its bytes join both
// hashes in order (NULL: none). Negative on failure, with HDF5's reason for the end of a message.
herr_t pieces_move(hid_t dataset, const checkpoint_array *array, pieces_way way,
                   XXH3_state_t *const hashes[2], char reason[HDF5_TEXT_SIZE]);

#endif
