// base/printable.c -- takes UTF-8 apart, for C1 controls are two bytes there and one byte
// elsewhere.
#include "base/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// Bytes of the UTF-8 character that begins here; 0: there is none, or it is longer than it need be.
static size_t character_at(const unsigned char *at, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = at[0] < 0x80             ? 1
                    : (at[0] & 0xe0) == 0xc0 ? 2
                    : (at[0] & 0xf0) == 0xe0 ? 3
                    : (at[0] & 0xf8) == 0xf0 ? 4
                                             : 0;
    if (length == 0) return 0;
    *code = length == 1 ? at[0] : at[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) return 0; // the final zero, too
        *code = *code << 6 | (at[i] & 0x3f);
    }
    return *code >= least[length] && *code <= 0x10ffff ? length : 0;
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}

const char *printable_into(char *to, size_t room, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t used = 0;
    while (*at != '\0') {
        char piece[32];
        uint32_t code = 0;
        size_t length = character_at(at, &code);
        bool plain = length > 0 && !is_control(code);
        if (plain)
            snprintf(piece, sizeof piece, "%.*s", (int)length, (const char *)at);
        else if (*at == '\n' || *at == '\t')
            snprintf(piece, sizeof piece, "\\%c", *at == '\n' ? 'n' : 't');
        else
            snprintf(piece, sizeof piece, "\\x%02x", *at);
        size_t size = strlen(piece);
        if (used + size >= room) break;
        memcpy(to + used, piece, size);
        used += size;
        at += plain ? length : 1;
    }
    to[used] = '\0';
    return to;
}

const char *printable(const char *text)
{
    static _Thread_local char texts[4][PRINTABLE_SIZE];
    static _Thread_local unsigned next;
    return printable_into(texts[next++ % 4], PRINTABLE_SIZE, text);
}
