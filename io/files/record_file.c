// io/files/record_file.c -- see record_file.h.
#include "io/files/record_file.h"

#include "base/input.h"

#include <stdlib.h>
#include <string.h>

status record_file_open(record_file *r, const char *path, size_t bytes, const char *what)
{
    *r = (record_file){.bytes = bytes, .path = strdup(path)};
    CHECK(r->path != NULL, ST_INTERNAL, "no memory to read \"%s\"", path);
    uint64_t size;
    TRY(input_open_stream(&r->file, path));
    TRY(input_size(fileno(r->file), path, &size));
    CHECK(size > 0 && size % bytes == 0, ST_BAD_DATA,
          "%s: holds %llu bytes, which is no multiple of %zu, the bytes of %s: it is truncated or "
          "something else",
          path, (unsigned long long)size, bytes, what);
    r->count = size / bytes;
    return ST_OK;
}

status record_file_next(record_file *r, void *record)
{
    CHECK(fread(record, r->bytes, 1, r->file) == 1, ferror(r->file) ? ST_IO : ST_BAD_DATA,
          "%s: ends in the middle of sample %llu", r->path, (unsigned long long)r->position);
    r->position++;
    return ST_OK;
}

void record_file_close(record_file *r)
{
    if (r->file != NULL) (void)fclose(r->file); // only read from
    free(r->path);
    *r = (record_file){0};
}
