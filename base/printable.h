// base/printable.h -- text that came from a file, a name or a job, as it may go to a terminal.
//
// A control character in a file's name can colour the terminal, rename its window, or begin a line
// that looks like the program's own. What is printed for people goes through here: base/log.h and
// comm/agree.h do so for every line, commands for names on standard output.
#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

#include <stddef.h>

#define PRINTABLE_SIZE 2048

// `text` with control characters, and bytes that are no UTF-8, as \n, \t, \x1b ...; all else as it
// is. Cut, between characters, to `room` bytes with the final zero. Returns `to`.
const char *printable_into(char *to, size_t room, const char *text);

// The same in memory of this thread, at most PRINTABLE_SIZE bytes; valid for the next three calls.
const char *printable(const char *text);

#endif
