// trainer/parts/key_queue.c -- a ring of keys, and whose they are.
#include "trainer/parts/key_queue.h"

#include "base/pulse.h"
#include "base/rng.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

// Rows of independent normal numbers, scaled to unit length.
static void fill(key_queue *q, uint64_t seed)
{
    for (uint64_t row = 0; row < q->rows; row++) {
        pulse_tick();
        rng r = rng_open(seed, RNG_QUEUE, 0, row, 0);
        float *key = q->keys + row * q->dim;
        double square = 0;
        for (size_t i = 0; i < q->dim; i++) {
            key[i] = rng_normal(&r);
            square += (double)key[i] * (double)key[i];
        }
        float scale = (float)(1 / sqrt(square > 0 ? square : 1));
        for (size_t i = 0; i < q->dim; i++)
            key[i] *= scale;
        q->ids[row] = KEY_QUEUE_NOISE;
    }
}

status key_queue_create(key_queue *q, uint64_t rows, uint64_t dim, uint64_t seed)
{
    *q = (key_queue){.rows = rows, .dim = dim};
    size_t keys = rows * dim * sizeof(float), ids = rows * sizeof(uint64_t);
    TRY(arena_create(&q->memory, arena_padded(keys) + arena_padded(ids), "the queue"));
    q->keys = arena_take(&q->memory, keys);
    q->ids = arena_take(&q->memory, ids);
    fill(q, seed);
    return ST_OK;
}

void key_queue_destroy(key_queue *q)
{
    arena_destroy(&q->memory);
}

void key_queue_add(key_queue *q, const float *key, uint64_t id)
{
    memcpy(q->keys + q->pointer * q->dim, key, q->dim * sizeof(float));
    q->ids[q->pointer] = id;
    q->pointer = (q->pointer + 1) % q->rows;
}

void key_queue_mask(const key_queue *q, const uint64_t *ids, int count, uint64_t patches,
                    float *mask)
{
    for (size_t i = 0; i < (size_t)count; i++) {
        uint64_t first = ids[i] - ids[i] % patches; // of the image
        for (size_t j = 0; j < q->rows; j++)
            mask[i * q->rows + j] = q->ids[j] - first < patches ? -INFINITY : 0.0f;
    }
}

size_t key_queue_describe(key_queue *q, checkpoint_array *arrays)
{
    if (arrays != NULL) {
        arrays[0] = (checkpoint_array){"queue", ARRAY_F32, 2, {q->rows, q->dim}, q->keys};
        arrays[1] = (checkpoint_array){"queue_ids", ARRAY_U64, 1, {q->rows}, q->ids};
        arrays[2] = (checkpoint_array){"queue_pointer", ARRAY_U64, 0, {0}, &q->pointer};
    }
    return 3;
}

status key_queue_validate(const key_queue *q)
{
    CHECK(q->pointer < q->rows, ST_BAD_DATA,
          "\"queue_pointer\" is %" PRIu64 ", but the queue has rows 0 to %" PRIu64, q->pointer,
          q->rows - 1);
    return ST_OK;
}
