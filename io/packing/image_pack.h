// io/packing/image_pack.h -- a folder of JPEG, PNG and TIFF files becomes shards, by many
// processes.
//
//   image_pack_open ─> image_pack_round, rounds times ─> _finish, by one ─> image_pack_close
//
// Which image goes into which shard follows from the list of files alone, so the shards have the
// same bytes whoever makes them. In round r process p of P makes shard r P + p, if there is such. A
// shard that is there already is kept when it is whole and was made from the same files, byte for
// byte, in the same way: a pack that was killed is continued. A process touches no shards but its
// own, and never waits for another.
#ifndef IO_PACKING_IMAGE_PACK_H
#define IO_PACKING_IMAGE_PACK_H

#include "io/packing/pack.h"

typedef struct image_pack image_pack;

// Lists the folder, plans the shards, and looks at those of its own that are there. The job must
// outlive it. Errors: as image_source_list, and ST_USAGE there are
// shards of another source, or more of them than this source makes, and job->replace is false;
// ST_IO; ST_INTERNAL no memory.
status image_pack_open(image_pack **opened, const pack_job *job);

// What of the folder is not packed (io/packing/ignored_files.h); "" nothing.
const char *image_pack_ignored(const image_pack *p);

// Of the list of files and their labels: all processes must see the same.
uint64_t image_pack_hash(const image_pack *p);

int image_pack_rounds(const image_pack *p);

// Makes its shard of this round, or finds that it can be kept. Errors: as image_shard_write; the
// shards made before stay, so that the next try goes on from there.
status image_pack_round(image_pack *p, int round);

// One line for each broken image that the last round left out; valid until the next.
const char *image_pack_left_out(const image_pack *p);

// What this process has made so far, kept ones among them; splits without images are not in it.
void image_pack_result(const image_pack *p, pack_result *result);

// After the last round of all processes: removes what an earlier pack has left. Errors: none.
void image_pack_finish(const image_pack *p);

void image_pack_close(image_pack *p); // NULL is fine

#endif
