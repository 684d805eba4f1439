// base/input.h -- the one door through which files are read: every reader opens its file here.
//
// Opening never waits: a pipe without a writer, a folder, a socket or a device in the place of a
// file is an error at once. The system's reason is kept, so that "too many open files" does not
// become "not a file of ours". HDF5 comes through the same door (io/hdf5_input.h). tests/layers.sh
// checks that nobody else opens a file to read it.
#ifndef BASE_INPUT_H
#define BASE_INPUT_H

#include "base/status.h"

#include <stdint.h>
#include <stdio.h>

// Opens a regular file to read; the caller closes *descriptor. -1 after an error.
// Errors: ST_NO_INPUT no such file, or a link that leads nowhere; ST_BAD_DATA it is no regular
// file; ST_IO the system's reason.
status input_open(int *descriptor, const char *path);

// The same as a stream, which the caller closes with fclose. NULL after an error.
status input_open_stream(FILE **stream, const char *path);

// Only whether it can be opened. Errors: as input_open.
status input_check(const char *path);

// Size in bytes of the file at `path`, which is not opened. Errors: ST_NO_INPUT, ST_IO.
status input_size_of(const char *path, uint64_t *bytes);

// Size in bytes of what was opened here; `path` is for the message. Errors: ST_IO.
status input_size(int descriptor, const char *path, uint64_t *bytes);

// Up to `bytes` bytes from `offset` on, fewer only at the end of the file; an interrupted call is
// repeated. Errors: ST_IO.
status input_read(int descriptor, const char *path, uint64_t offset, void *to, size_t bytes,
                  size_t *got);

// The whole file with a zero byte behind it, to be freed; *bytes without that one. NULL after an
// error. Errors: as input_open; ST_INTERNAL no memory.
status input_read_text(char **text, const char *path, size_t *bytes);

// Lets this process have as many open files as the system lets it ask for.
void input_raise_limit(void);

// How many more files the process can open; at least 0.
int input_room(void);

#endif
