// The tree without messages: for any number of workers and ranks, splitting, adding within ranks
// and adding between ranks give the bits of the plain recursion.
#include "tests/check.h"

#include "base/rng.h"
#include "comm/reduce_tree.h"

#define LEAVES_MAX 100

static float leaves[LEAVES_MAX];

// Any order but the tree's rounds differently: magnitudes over 2^-20 .. 2^20.
static void draw_leaves(void)
{
    rng r = rng_open(1, RNG_TEST, 0, 0, 0);
    for (int i = 0; i < LEAVES_MAX; i++) {
        leaves[i] = rng_range(&r, -1, 1);
        int exponent = (int)rng_below(&r, 41) - 20;
        for (int step = 0; step < 20; step++)
            if (step < exponent || step < -exponent) leaves[i] *= exponent > 0 ? 2.0f : 0.5f;
    }
}

// The definition: node (level, index) over leaves 0 .. total-1, of which at least one exists.
static float node_sum(int level, int index, int total)
{
    if (level == 0) return leaves[index];
    float left = node_sum(level - 1, 2 * index, total);
    if ((2 * index + 1) << (level - 1) >= total) return left;
    return left + node_sum(level - 1, 2 * index + 1, total);
}

static float tree_sum(int total)
{
    int level = 0;
    while (1 << level < total)
        level++;
    return node_sum(level, 0, total);
}

static float sum_by_ranks(int total, int size)
{
    tree_node nodes[LEAVES_MAX + TREE_NODES_MAX] = {{0}};
    tree_step steps[LEAVES_MAX];
    float sums[LEAVES_MAX] = {0};
    int count = 0, own = total / size;
    for (int rank = 0; rank < size; rank++)
        count += tree_split(rank * own, (rank + 1) * own, nodes + count);
    for (int i = 0; i < count; i++)
        sums[i] = node_sum(nodes[i].level, nodes[i].index, total);
    tree_order(nodes, count, steps);
    for (int i = 0; i < count - 1; i++)
        tree_add(&sums[steps[i].left], &sums[steps[i].right], 1);
    return sums[0];
}

static void any_ranks_give_the_bits_of_the_recursion(void **state)
{
    (void)state;
    draw_leaves();
    for (int total = 1; total <= LEAVES_MAX; total++)
        for (int size = 1; size <= total; size++) {
            if (total % size != 0) continue;
            float expected = tree_sum(total), sum = sum_by_ranks(total, size);
            assert_memory_equal(&sum, &expected, sizeof sum);
        }
}

static void another_order_would_give_other_bits(void **state)
{
    (void)state;
    draw_leaves();
    int different = 0;
    float sequential = leaves[0];
    for (int total = 2; total <= LEAVES_MAX; total++) {
        sequential += leaves[total - 1];
        different += sequential != tree_sum(total);
    }
    assert_true(different > LEAVES_MAX / 2);
}

static void split_covers_the_leaves_with_the_fewest_nodes(void **state)
{
    (void)state;
    for (int first = 0; first < 40; first++)
        for (int end = first; end <= 40; end++) {
            tree_node nodes[TREE_NODES_MAX];
            int count = tree_split(first, end, nodes), next = first;
            for (int i = 0; i < count; i++) {
                assert_int_equal(nodes[i].index << nodes[i].level, next);
                next = (nodes[i].index + 1) << nodes[i].level;
                if (i > 0) assert_false(tree_siblings(nodes[i - 1], nodes[i]));
            }
            assert_int_equal(next, end);
        }
}

static void sums_alive_are_few(void **state)
{
    (void)state;
    assert_int_equal(tree_sums(0, 1), 1);
    assert_int_equal(tree_sums(0, 2), 2);
    assert_int_equal(tree_sums(0, 64), 7);   // log2 + 1
    assert_int_equal(tree_sums(64, 128), 7); // anywhere the same
    assert_int_equal(tree_sums(3, 6), 3);    // (3) (4) and leaf 5
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_ranks_give_the_bits_of_the_recursion),
        cmocka_unit_test(another_order_would_give_other_bits),
        cmocka_unit_test(split_covers_the_leaves_with_the_fewest_nodes),
        cmocka_unit_test(sums_alive_are_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
