// io/files/named_output.h -- the one door for files that the user names and the program writes.
//
// A pattern without quotes, two words in the wrong order or one name given twice must not cost the
// user a file. Every command asks here before it works for hours, and the writers below
// (io/files/atomic_file.h) look once more when the file is to appear.
#ifndef IO_FILES_NAMED_OUTPUT_H
#define IO_FILES_NAMED_OUTPUT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

// What a command may do to the files it names.
typedef struct output_rules {
    bool replace; // --force was given: a file of that name may be replaced
    // (input_count) what the command reads, in the words of io/files/file_list.h or names that
    // stand for themselves; NULL: nothing. Not owned.
    const char *const *inputs;
    size_t input_count;
    const char *from; // where relative inputs may start from, beside the working directory; or NULL
} output_rules;

// Whether `path` may be written. What exists there is refused unless rules->replace; what is no
// regular file (a device, a folder, a symbolic link) and what is one of the inputs, whatever its
// name, is refused always. Touches nothing. Errors: ST_USAGE; ST_IO its folder is missing or is not
// to be written to.
status named_output_check(const char *path, const output_rules *rules);

#endif
