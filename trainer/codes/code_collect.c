// trainer/codes/code_collect.c -- in each round every rank infers one chunk, then they tell them in
// turn.
#include "trainer/codes/code_collect.h"

#include "comm/agree.h"
#include "comm/exchange.h"

#include <stdlib.h>

typedef struct collection {
    code_stream *stream;
    const world *world;
    const code_sink *sink;
    loader *chunks;
    void *own, *told; // (room) this rank's chunk, and another's
} collection;

static status begin(collection *c)
{
    c->own = malloc(c->sink->room);
    c->told = malloc(c->sink->room);
    CHECK(c->own != NULL && c->told != NULL, ST_INTERNAL, "no memory for the codes of %d views",
          CODE_ROWS);
    return code_stream_start(c->stream, c->world, &c->chunks);
}

// Collective. The chunk of rank `from`, to rank 0, which takes it if it is not in trouble already.
static void tell(collection *c, int from, uint64_t chunk, uint64_t bytes, status *trouble)
{
    bool own = from == c->world->rank;
    void *data = own ? c->own : c->told;
    exchange_broadcast(c->world, &bytes, sizeof bytes, from);
    exchange_broadcast(c->world, data, bytes, from);
    if (c->world->rank == 0 && *trouble == ST_OK)
        *trouble = c->sink->take(c->sink->state, code_stream_rows(c->stream, chunk), data);
}

// Collective.
static status run_round(collection *c, uint64_t round)
{
    status trouble = ST_OK;
    const float *images;
    uint64_t chunk, bytes = 0, first = round * (uint64_t)c->world->size;
    int rows = code_stream_next(c->stream, c->chunks, &images, &chunk, &trouble);
    if (rows > 0 && trouble == ST_OK)
        bytes = c->sink->pack(c->sink->state, &c->stream->trained.model, rows, c->own);
    TRY(agree(c->world, trouble));
    for (int from = 0; from < c->world->size; from++) {
        if (first + (uint64_t)from >= c->stream->chunk_count) break;
        tell(c, from, first + (uint64_t)from, bytes, &trouble);
    }
    return agree(c->world, trouble);
}

status code_collect(code_stream *s, const world *w, const code_sink *sink)
{
    collection c = {.stream = s, .world = w, .sink = sink};
    status result = agree(w, begin(&c));
    for (uint64_t round = 0; round < code_stream_rounds(s, w) && result == ST_OK; round++)
        result = run_round(&c, round);
    loader_destroy(c.chunks);
    free(c.own);
    free(c.told);
    return result;
}
