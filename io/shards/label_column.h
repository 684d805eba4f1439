// io/shards/label_column.h -- a column of labels of any type, read as numbers of classes.
//
//   integers         as they are; -1 = unlabelled
//   floats           whole numbers; NaN = unlabelled
//   texts and enums  the place of their name among the names; an empty text = unlabelled
//
// Every function here wants the lock of io/files/hdf5_lock.h held.
#ifndef IO_SHARDS_LABEL_COLUMN_H
#define IO_SHARDS_LABEL_COLUMN_H

#include "io/shards/class_list.h"

#include <hdf5.h>

typedef enum label_kind { LABELS_INTEGER, LABELS_REAL, LABELS_TEXT, LABELS_ENUM } label_kind;

// One open column of a file.
typedef struct label_column {
    hid_t set;
    const char *path, *name; // of the file and in it, for messages; not owned
    label_kind kind;
    uint64_t unwritten; // labels that nobody wrote: they are the fill value
} label_column;

// Opens data set `name` of `file`. Errors: ST_BAD_DATA no such data set, no column, or of another
// type.
status label_column_open(label_column *column, hid_t file, const char *path, const char *name);

// Takes an open data set over; it is closed on errors, too.
status label_column_take(label_column *column, hid_t set, const char *path, const char *name);

uint64_t label_column_length(const label_column *column);

// Texts and enums: adds the names of `count` labels from `first` on to `names`. Errors: as
// class_list_add, ST_IO.
status label_column_gather(const label_column *column, uint64_t first, uint64_t count,
                           class_list *names);

// Labels first .. first+count-1 as numbers. Errors: ST_BAD_DATA a label out of range, not whole, or
// not among the names any more; ST_IO.
status label_column_read(const label_column *column, const class_list *names, uint64_t first,
                         uint64_t count, int64_t *values);

// The names that attribute "class_names" of `object` gives, as one text of lines or an array of
// texts, are added to `names`; nothing when there is none. Errors: as class_list_parse.
status label_names_read(hid_t object, const char *path, class_list *names);

void label_column_close(label_column *column);

#endif
