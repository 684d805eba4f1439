// io/shards/encoded_writer.h -- writes one shard of encoded images (io/shards/shard.h) that is
// whole or not there.
//
//   encoded_writer_open ─> encoded_writer_add for each image ─> encoded_writer_close
//                                                           └─> encoded_writer_abandon
//
// The files' bytes are kept as they are. Their sizes and checksums were taken before, when each was
// decoded once for the moments: the columns know them, and a file that changed since is noticed.
#ifndef IO_SHARDS_ENCODED_WRITER_H
#define IO_SHARDS_ENCODED_WRITER_H

#include "io/images/image_decoder.h"
#include "io/shards/shard_columns.h"

typedef struct encoded_writer encoded_writer;

// For the columns' samples, of sizes[i] bytes each, i < columns->count; the columns' shape holds
// the largest height and width. Neither is owned; both must outlive the writer.
// Errors: ST_IO with path and reason; ST_INTERNAL no memory.
status encoded_writer_open(encoded_writer **opened, const char *path, const shard_columns *columns,
                           const uint64_t *sizes);

// The next image. Errors: ST_IO changed since its checksum was taken, or not writable, after which
// only abandon may follow.
status encoded_writer_add(encoded_writer *w, const encoded_image *e);

// After all samples: the file appears under its name. Frees w, also on errors: ST_IO, and then
// nothing is left behind.
status encoded_writer_close(encoded_writer *w);

// Removes what was written so far, and frees w.
void encoded_writer_abandon(encoded_writer *w);

#endif
