// io/shards/shard.c -- CRC-32C by ISA-L, in hardware where the processor has it.
#include "io/shards/shard.h"

#include <isa-l/crc.h>

#include <limits.h>
#include <string.h>

uint32_t shard_crc32c(const void *data, size_t bytes)
{
    // ISA-L takes an int length and a non-const pointer it only reads.
    unsigned char *at;
    memcpy(&at, &data, sizeof at);
    uint32_t crc = 0xffffffffu;
    while (bytes > 0) {
        int part = bytes > INT_MAX ? INT_MAX : (int)bytes;
        crc = crc32_iscsi(at, part, crc);
        at += part;
        bytes -= (size_t)part;
    }
    return crc ^ 0xffffffffu;
}
