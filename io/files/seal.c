// io/files/seal.c -- hashes of a file by pieces.
#include "io/files/seal.h"

#include "base/input.h"
#include "base/pulse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define PIECE_BYTES ((size_t)1 << 20)

typedef struct seal {
    char magic[8];
    uint64_t size, hash, own;
} seal;

_Static_assert(sizeof(seal) == SEAL_BYTES, "the seal as it stands in the file");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the seal is written as it is in memory");

static seal make_seal(uint64_t size, uint64_t hash)
{
    seal s = {"", size, hash, 0};
    memcpy(s.magic, "basin:s1", sizeof s.magic);
    s.own = XXH3_64bits(&s, offsetof(seal, own));
    return s;
}

// The bytes 0 .. size-1.
static status hash_bytes(int file, const char *path, uint64_t size, XXH3_state_t *state,
                         void *piece)
{
    XXH3_64bits_reset(state);
    for (uint64_t at = 0; at < size;) {
        uint64_t left = size - at;
        size_t got;
        TRY(input_read(file, path, at, piece, left < PIECE_BYTES ? left : PIECE_BYTES, &got));
        CHECK(got > 0, ST_IO, "%s: cannot be read: it has become shorter", path);
        XXH3_64bits_update(state, piece, got);
        at += got;
        pulse_tick();
    }
    return ST_OK;
}

static status hash_file(int file, const char *path, uint64_t size, uint64_t *hash)
{
    XXH3_state_t *state = XXH3_createState();
    void *piece = malloc(PIECE_BYTES);
    status s = state != NULL && piece != NULL ? hash_bytes(file, path, size, state, piece)
                                              : failure(ST_INTERNAL, "no memory to hash %s", path);
    if (s == ST_OK) *hash = XXH3_64bits_digest(state);
    free(piece);
    XXH3_freeState(state);
    return s;
}

static status append(int file, const char *path)
{
    off_t size = lseek(file, 0, SEEK_END);
    CHECK(size >= 0, ST_IO, "%s: cannot be read: %s", path, strerror(errno));
    uint64_t hash = 0;
    TRY(hash_file(file, path, (uint64_t)size, &hash));
    seal s = make_seal((uint64_t)size, hash);
    // On a full disk a first write may write a part, and only the next says why.
    for (size_t done = 0; done < sizeof s;) {
        ssize_t written =
            pwrite(file, (const char *)&s + done, sizeof s - done, size + (off_t)done);
        CHECK(written > 0, ST_IO, "%s: cannot be written: %s", path, strerror(errno));
        done += (size_t)written;
    }
    return ST_OK;
}

status seal_write(const char *path)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    CHECK(file >= 0, ST_IO, "%s: cannot be opened: %s", path, strerror(errno));
    status s = append(file, path);
    if (close(file) != 0 && s == ST_OK)
        s = failure(ST_IO, "%s: cannot be written: %s", path, strerror(errno));
    return s;
}

// The seal that a file of `end` bytes ends in, if it does.
static status find_seal(int file, const char *path, uint64_t end, bool *sealed, seal *found)
{
    size_t got;
    *sealed = false;
    if (end < SEAL_BYTES) return ST_OK;
    TRY(input_read(file, path, end - SEAL_BYTES, found, sizeof *found, &got));
    CHECK(got == sizeof *found, ST_IO, "%s: cannot be read: it has become shorter", path);
    *sealed = memcmp(found->magic, "basin:s1", sizeof found->magic) == 0;
    return ST_OK;
}

static status check(int file, const char *path, bool must_be_sealed)
{
    seal found;
    bool sealed;
    uint64_t end;
    TRY(input_size(file, path, &end));
    TRY(find_seal(file, path, end, &sealed, &found));
    if (!sealed && !must_be_sealed) return ST_OK;
    CHECK(
        sealed, ST_BAD_DATA,
        "%s: is not a checkpoint of basin, or was cut off or changed, or is older than seals (its "
        "seal is missing): use another checkpoint",
        path);
    seal own = make_seal(found.size, found.hash);
    uint64_t size = end - SEAL_BYTES, hash = 0;
    if (own.own == found.own && found.size == size) TRY(hash_file(file, path, size, &hash));
    CHECK(own.own == found.own && found.size == size && hash == found.hash, ST_BAD_DATA,
          "%s: is damaged (its bytes are not those that were sealed): use an older checkpoint",
          path);
    return ST_OK;
}

static status open_and_check(const char *path, bool must_be_sealed)
{
    int file;
    TRY(input_open(&file, path));
    status s = check(file, path, must_be_sealed);
    close(file); // read only
    return s;
}

status seal_check(const char *path)
{
    return open_and_check(path, true);
}

status seal_check_if_any(const char *path)
{
    return open_and_check(path, false);
}
