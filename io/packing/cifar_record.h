// io/packing/cifar_record.h -- the records that CIFAR-10's and CIFAR-100's binary files hold,
// without a header: some bytes of labels, then 1024 bytes red, 1024 green, 1024 blue; each 32 x 32,
// row by row.
//   source: Krizhevsky 2009, "Learning multiple layers of features from tiny images"
#ifndef IO_PACKING_CIFAR_RECORD_H
#define IO_PACKING_CIFAR_RECORD_H

#include "io/files/record_file.h"
#include "io/packing/format.h"

#define CIFAR_SIDE   32
#define CIFAR_PLANE  (CIFAR_SIDE * CIFAR_SIDE)
#define CIFAR_PIXELS (3 * CIFAR_PLANE)

// Whether a file's name ends in .bin: there is no magic number.
bool cifar_name(const char *path);

// Opens a file of such records with label_bytes before the pixels; `what` names one in messages.
// Its shape is labelled, and coarse with two bytes of labels. Close it with cifar_close. Errors: as
// record_file_open.
status cifar_open(void **opened, const char *path, int label_bytes, const char *what,
                  format_info *info);

// The next record: its bytes of labels, and its pixels as (32, 32, 3). Errors: as record_file_next.
status cifar_next(record_file *r, unsigned char *labels, unsigned char *pixels);

void cifar_close(void *opened);

#endif
