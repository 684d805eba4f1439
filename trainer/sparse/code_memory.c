// trainer/sparse/code_memory.c -- see code_memory.h.
#include "trainer/sparse/code_memory.h"

#include "comm/exchange.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

status code_memory_create(code_memory *m, const order *o, uint64_t room)
{
    *m = (code_memory){.samples = o->count, .batch = o->batch, .room = room};
    size_t kept = (size_t)(m->samples * room) * sizeof *m->kept;
    size_t noted = (size_t)(m->batch * room) * sizeof *m->noted;
    TRY(arena_create(&m->memory, arena_padded(kept) + arena_padded(noted),
                     "the codes of all samples (method.start: last)"));
    m->kept = arena_take(&m->memory, kept);
    m->noted = arena_take(&m->memory, noted);
    return ST_OK;
}

void code_memory_destroy(code_memory *m)
{
    arena_destroy(&m->memory);
}

static uint64_t word_of(size_t place, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint64_t)place << 32 | bits;
}

static float value_of(uint64_t word)
{
    uint32_t bits = (uint32_t)(word & UINT32_MAX);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void code_memory_recall(const code_memory *m, uint64_t sample, float *codes, size_t count)
{
    const uint64_t *word = m->kept + sample * m->room, *end = word + m->room;
    memset(codes, 0, count * sizeof *codes);
    for (; word < end && *word != 0; word++)
        codes[*word >> 32] = value_of(*word);
}

void code_memory_note(code_memory *m, uint64_t position, const float *codes, size_t count)
{
    uint64_t *words = m->noted + position * m->room, used = 0;
    memset(words, 0, m->room * sizeof *words);
    for (size_t place = 0; place < count; place++) {
        if (codes[place] == 0) continue;
        if (used == m->room) { // a part of a code is no good start
            memset(words, 0, m->room * sizeof *words);
            return;
        }
        words[used++] = word_of(place, codes[place]);
    }
}

void code_memory_recall_all(const code_memory *m, const uint64_t *ids, size_t samples, float *codes,
                            size_t count)
{
    for (size_t n = 0; n < samples; n++)
        code_memory_recall(m, ids[n], codes + n * count, count);
}

void code_memory_note_all(code_memory *m, uint64_t first, size_t samples, const float *codes,
                          size_t count)
{
    for (size_t n = 0; n < samples; n++)
        code_memory_note(m, first + n, codes + n * count, count);
}

void code_memory_keep(code_memory *m, const world *w, const order *o, uint64_t step, uint64_t first,
                      uint64_t count)
{
    size_t row = m->room * sizeof *m->noted;
    exchange_gather(w, m->noted + first * m->room, count * row, m->noted);
    for (uint64_t position = 0; position < m->batch; position++)
        memcpy(m->kept + order_sample(o, step, position) * m->room, m->noted + position * m->room,
               row);
}

size_t code_memory_describe(code_memory *m, checkpoint_array *arrays)
{
    if (arrays != NULL)
        arrays[0] = (checkpoint_array){"codes", ARRAY_U64, 2, {m->samples, m->room}, m->kept};
    return 1;
}

status code_memory_validate(const code_memory *m, size_t count)
{
    for (uint64_t i = 0; i < m->samples * m->room; i++)
        CHECK(m->kept[i] >> 32 < count && isfinite(value_of(m->kept[i])), ST_BAD_DATA,
              "\"codes\" has %g at place %" PRIu64 " for sample %" PRIu64
              ", but a code has %zu places of finite numbers",
              (double)value_of(m->kept[i]), m->kept[i] >> 32, i / m->room, count);
    return ST_OK;
}
