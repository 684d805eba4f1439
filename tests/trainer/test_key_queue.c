// The ring of keys: what it starts with, how it wraps, whose keys it masks.
#include "tests/check.h"

#include "trainer/parts/key_queue.h"

#include <math.h>

enum { ROWS = 5, DIM = 3 };

static void it_starts_with_unit_vectors_of_no_sample_by_seed(void **state)
{
    (void)state;
    key_queue q, same, other;
    assert_ok(key_queue_create(&q, ROWS, DIM, 1));
    assert_ok(key_queue_create(&same, ROWS, DIM, 1));
    assert_ok(key_queue_create(&other, ROWS, DIM, 2));
    for (size_t row = 0; row < ROWS; row++) {
        const float *key = q.keys + row * DIM;
        float square = key[0] * key[0] + key[1] * key[1] + key[2] * key[2];
        assert_true(fabsf(square - 1) < 1e-5f);
        assert_true(q.ids[row] == KEY_QUEUE_NOISE);
    }
    assert_memory_equal(q.keys, same.keys, sizeof(float) * ROWS * DIM);
    assert_memory_not_equal(q.keys, other.keys, sizeof(float) * ROWS * DIM);
    key_queue_destroy(&q);
    key_queue_destroy(&same);
    key_queue_destroy(&other);
}

static void the_oldest_key_goes_first_also_round_the_end(void **state)
{
    (void)state;
    key_queue q;
    assert_ok(key_queue_create(&q, ROWS, DIM, 1));
    for (uint64_t id = 0; id < 7; id++)
        key_queue_add(&q, (const float[DIM]){(float)id, 0, 0}, id);
    const uint64_t left[ROWS] = {5, 6, 2, 3, 4};
    for (size_t row = 0; row < ROWS; row++) {
        assert_true(q.ids[row] == left[row]);
        assert_true(q.keys[row * DIM] == (float)left[row]);
    }
    assert_true(q.pointer == 2);
    key_queue_destroy(&q);
}

static void a_sample_masks_its_own_keys_and_noise_masks_nothing(void **state)
{
    (void)state;
    key_queue q;
    float mask[2 * ROWS];
    assert_ok(key_queue_create(&q, ROWS, DIM, 1));
    for (uint64_t id = 7; id < 10; id++)
        key_queue_add(&q, (const float[DIM]){1, 0, 0}, id);
    key_queue_add(&q, (const float[DIM]){1, 0, 0}, 7); // again, from the other view
    key_queue_mask(&q, (const uint64_t[]){7, 11}, 2, 1, mask);
    for (size_t j = 0; j < ROWS; j++) {
        assert_true(mask[j] == (j == 0 || j == 3 ? -INFINITY : 0.0f));
        assert_true(mask[ROWS + j] == 0.0f);
    }
    key_queue_destroy(&q);
}

static void a_place_outside_the_ring_is_refused(void **state)
{
    (void)state;
    static const uint64_t places[] = {ROWS, ROWS + 1, 1000000000, UINT64_C(1) << 63, UINT64_MAX};
    key_queue q;
    assert_ok(key_queue_create(&q, ROWS, DIM, 1));
    for (q.pointer = 0; q.pointer < ROWS; q.pointer++)
        assert_ok(key_queue_validate(&q));
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        q.pointer = places[i];
        assert_fails(key_queue_validate(&q), ST_BAD_DATA, "the queue has rows 0 to 4");
    }
    key_queue_destroy(&q);
}

// Samples 6, 7 and 8 are of image 2, 3 to 5 of image 1.
static void a_sample_masks_all_keys_of_its_image(void **state)
{
    (void)state;
    key_queue q;
    float mask[2 * ROWS];
    assert_ok(key_queue_create(&q, ROWS, DIM, 1));
    for (uint64_t id = 5; id < 9; id++)
        key_queue_add(&q, (const float[DIM]){1, 0, 0}, id);
    key_queue_mask(&q, (const uint64_t[]){7, 3}, 2, 3, mask);
    for (size_t j = 0; j < ROWS; j++) {
        assert_true(mask[j] == (j >= 1 && j <= 3 ? -INFINITY : 0.0f));
        assert_true(mask[ROWS + j] == (j == 0 ? -INFINITY : 0.0f));
    }
    key_queue_destroy(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_starts_with_unit_vectors_of_no_sample_by_seed),
        cmocka_unit_test(the_oldest_key_goes_first_also_round_the_end),
        cmocka_unit_test(a_sample_masks_its_own_keys_and_noise_masks_nothing),
        cmocka_unit_test(a_place_outside_the_ring_is_refused),
        cmocka_unit_test(a_sample_masks_all_keys_of_its_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
