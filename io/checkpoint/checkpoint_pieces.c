// io/checkpoint/checkpoint_pieces.c -- whole rows of the first dimension make a piece.
#include "io/checkpoint/checkpoint_pieces.h"

#include "base/pulse.h"
#include "io/checkpoint/checkpoint_format.h"
#include "io/files/hdf5_lock.h"

#define PIECE_BYTES ((size_t)4 << 20)

static size_t row_bytes(const checkpoint_array *array)
{
    checkpoint_array row = *array;
    if (row.rank > 0) row.dims[0] = 1;
    return checkpoint_array_bytes(&row);
}

static uint64_t rows_of(const checkpoint_array *array)
{
    return array->rank > 0 ? array->dims[0] : 1;
}

// Rows of a piece; the last piece may have fewer.
static uint64_t piece_rows(const checkpoint_array *array)
{
    size_t row = row_bytes(array);
    uint64_t rows = row > 0 && row < PIECE_BYTES ? PIECE_BYTES / row : 1;
    return rows < rows_of(array) ? rows : rows_of(array);
}

size_t pieces_most(const checkpoint_array *array)
{
    return (size_t)piece_rows(array) * row_bytes(array);
}

// With the lock.
static herr_t move_piece(hid_t dataset, const checkpoint_array *array, uint64_t first,
                         uint64_t rows, pieces_way way, void *data, char *reason)
{
    hsize_t start[4] = {first}, count[4];
    for (int i = 0; i < array->rank; i++)
        count[i] = i == 0 ? rows : array->dims[i];
    hid_t file = H5Dget_space(dataset);
    hid_t memory =
        array->rank > 0 ? H5Screate_simple(array->rank, count, NULL) : H5Screate(H5S_SCALAR);
    herr_t result =
        array->rank > 0 ? H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL) : 0;
    hid_t type = array_native(array->type);
    if (result >= 0)
        result = way == PIECES_WRITE ? H5Dwrite(dataset, type, memory, file, H5P_DEFAULT, data)
                                     : H5Dread(dataset, type, memory, file, H5P_DEFAULT, data);
    if (result < 0) hdf5_reason(reason); // the next call would forget it
    H5Sclose(memory);
    H5Sclose(file);
    return result;
}

herr_t pieces_move(hid_t dataset, const checkpoint_array *array, pieces_way way,
                   XXH3_state_t *const hashes[2], char reason[HDF5_TEXT_SIZE])
{
    uint64_t rows = rows_of(array), step = piece_rows(array);
    size_t row = row_bytes(array);
    herr_t result = 0;
    for (uint64_t first = 0; first < rows && row > 0 && result >= 0; first += step) {
        uint64_t now = step < rows - first ? step : rows - first;
        char *data = (char *)array->data + (way == PIECES_SKIM ? 0 : (size_t)first * row);
        hdf5_lock();
        result = move_piece(dataset, array, first, now, way, data, reason);
        hdf5_unlock();
        pulse_tick(); // who waits for a slow disk is not stalled
        for (int i = 0; i < 2 && result >= 0; i++)
            if (hashes[i] != NULL) XXH3_64bits_update(hashes[i], data, (size_t)now * row);
    }
    return result;
}
