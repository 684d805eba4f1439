// The cache keeps to its budget, and the block unused for longest makes room.
#include "tests/check.h"

#include "io/files/block_cache.h"

static void the_budget_is_kept_but_one_block_always_fits(void **state)
{
    (void)state;
    const struct {
        size_t block, budget;
        uint64_t most;
        size_t slots;
    } cases[] = {
        {100, 1000, 99, 10}, {100, 1000, 3, 3}, {5000, 1000, 9, 1}, {1, 1 << 20, 9999, 1024}};
    for (int i = 0; i < 4; i++) {
        block_cache cache;
        assert_ok(block_cache_create(&cache, cases[i].block, cases[i].budget, cases[i].most));
        assert_int_equal(cache.slot_count, cases[i].slots);
        block_cache_destroy(&cache);
    }
}

static void the_block_unused_for_longest_makes_room(void **state)
{
    (void)state;
    block_cache cache;
    assert_ok(block_cache_create(&cache, 8, 24, 99));
    for (uint64_t block = 0; block < 3; block++) {
        assert_null(block_cache_find(&cache, 5, block));
        *(uint64_t *)block_cache_claim(&cache, 5, block) = 10 + block;
    }
    assert_null(block_cache_find(&cache, 4, 0)); // another file
    assert_int_equal(*(uint64_t *)block_cache_find(&cache, 5, 0), 10);
    *(uint64_t *)block_cache_claim(&cache, 6, 1) = 20; // in place of block 1
    assert_null(block_cache_find(&cache, 5, 1));
    assert_int_equal(*(uint64_t *)block_cache_find(&cache, 5, 0), 10);
    assert_int_equal(*(uint64_t *)block_cache_find(&cache, 5, 2), 12);
    assert_int_equal(*(uint64_t *)block_cache_find(&cache, 6, 1), 20);
    block_cache_forget(&cache, 5, 0);
    assert_null(block_cache_find(&cache, 5, 0));
    block_cache_destroy(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_budget_is_kept_but_one_block_always_fits),
        cmocka_unit_test(the_block_unused_for_longest_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
