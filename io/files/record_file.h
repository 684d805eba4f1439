// io/files/record_file.h -- a file of records of one size, nothing before and nothing behind, read
// in turn.
#ifndef IO_FILES_RECORD_FILE_H
#define IO_FILES_RECORD_FILE_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct record_file {
    FILE *file;
    char *path;
    size_t bytes;             // of one record
    uint64_t position, count; // records
} record_file;

// `what` names a record in messages ("a sample of CIFAR-10"). Close it also after an error.
// Errors: ST_NO_INPUT, ST_IO; ST_BAD_DATA an empty file, or one that is no whole number of records.
status record_file_open(record_file *r, const char *path, size_t bytes, const char *what);

// The next record. Errors: ST_IO; ST_BAD_DATA the file ends in the middle of it.
status record_file_next(record_file *r, void *record);

void record_file_close(record_file *r);

#endif
