// The sum over workers has the bits of the plain recursion, on any number of ranks.
#include "tests/check_mpi.h"

#include "base/rng.h"
#include "comm/exchange.h"
#include "comm/reduce.h"
#include "comm/world_private.h"

#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>

static world w;

// Places of a leaf, modulo 97, that hold special values.
enum { PLACE_MINUS_ZERO = 3, PLACE_INFINITE = 4, PLACE_NAN = 5, PLACE_PERIOD = 97 };

// Numbers drawn for a leaf, which then repeat: quick, and no bucket or slice has this length.
#define DRAWN 1009u

// Leaf `leaf` of round `round`: magnitudes over 2^-8 .. 2^7, so that another order of the sum
// rounds to other bits. -0 in all leaves must stay -0; infinity and NaN in one leaf must come
// through.
static void fill_leaf(float *data, size_t count, int leaf, int round)
{
    rng r = rng_open(3, RNG_TEST, (uint32_t)round, (uint64_t)leaf, 0);
    for (size_t i = 0; i < count && i < DRAWN; i++) {
        uint32_t bits = rng_bits(&r), exponent = 119 + (bits >> 23 & 15);
        uint32_t word = (bits & 0x807fffffu) | exponent << 23;
        memcpy(&data[i], &word, sizeof word);
        size_t place = i % PLACE_PERIOD;
        if (place == PLACE_MINUS_ZERO) data[i] = -0.0f;
        if (place == PLACE_INFINITE && leaf == 0) data[i] = -INFINITY;
        if (place == PLACE_NAN && leaf == 0) data[i] = NAN;
    }
    for (size_t i = DRAWN; i < count; i++)
        data[i] = data[i - DRAWN];
}

// The definition of the sum, by recursion over whole arrays. NULL when the node has no leaf.
static float *node_sum(int level, int index, int total, size_t count, int round)
{
    if (index << level >= total) return NULL;
    if (level == 0) {
        float *leaf = malloc((count + 1) * sizeof *leaf);
        fill_leaf(leaf, count, index, round);
        return leaf;
    }
    float *left = node_sum(level - 1, 2 * index, total, count, round);
    float *right = node_sum(level - 1, 2 * index + 1, total, count, round);
    if (right == NULL) return left;
    for (size_t i = 0; i < count; i++)
        left[i] = left[i] + right[i];
    free(right);
    return left;
}

static float *tree_sum(int total, size_t count, int round)
{
    int level = 0;
    while (1 << level < total)
        level++;
    return node_sum(level, 0, total, count, round);
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// The same bits; of NaN only that it is one, for which NaN a sum of two keeps is open.
static bool same_sums(const float *a, const float *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bits_of(a[i]) != bits_of(b[i]) && !(isnan(a[i]) && isnan(b[i]))) return false;
    return true;
}

static bool all_zero(const float *data, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (data[i] != 0) return false;
    return true;
}

// Three rounds with the same reducer, the second of them shorter. Rank 0 compares with the
// recursion, all with rank 0.
static void check_sums(int total, size_t most)
{
    workers v;
    reduce *r = NULL;
    assert_all_ok(workers_divide(&v, &w, total, total));
    assert_all_ok(reduce_create(&r, &w, &v, most));
    float *expected = malloc((most + 1) * sizeof *expected);
    double waited = 0;
    bool zeroed = true, same_as_rank_0 = true, same_as_recursion = true;
    for (int round = 0; round < 3; round++) {
        size_t count = round == 1 ? most / 3 : most;
        reduce_resize(r, count);
        for (int i = 0; i < v.count; i++) {
            float *leaf = reduce_leaf(r);
            zeroed = zeroed && all_zero(leaf, count);
            fill_leaf(leaf, count, v.first + i, round);
            reduce_push(r);
        }
        const float *sum = reduce_finish(r, &waited);
        if (w.rank == 0) {
            float *recursion = tree_sum(total, count, round);
            same_as_recursion = same_as_recursion && same_sums(sum, recursion, count);
            free(recursion);
            memcpy(expected, sum, count * sizeof *sum);
        }
        exchange_broadcast(&w, expected, count * sizeof *expected, 0);
        same_as_rank_0 = same_as_rank_0 && memcmp(sum, expected, count * sizeof *sum) == 0;
    }
    free(expected);
    reduce_destroy(r);
    assert_all(zeroed);
    assert_all(same_as_recursion);
    assert_all(same_as_rank_0);
    assert_all(waited >= 0);
}

static void sums_are_those_of_the_recursion(void **state)
{
    (void)state;
    const int workers_a_rank[] = {1, 2, 3, 5, 8};
    const size_t counts[] = {0, 1, 7, 1000};
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 4; j++)
            check_sums(workers_a_rank[i] * w.size, counts[j]);
}

// More than one bucket (262144 floats), and more than both lanes hold at once.
static void sums_of_several_buckets_are_those_of_the_recursion(void **state)
{
    (void)state;
    check_sums(w.size, 300001);
    check_sums(2 * w.size, 300001);
    check_sums(3 * w.size, 300001);
    check_sums(w.size, 3 * 262144 + 1);
}

// From 1048576 floats on the ranks of a machine write them past the caches.
static void large_sums_are_those_of_the_recursion(void **state)
{
    (void)state;
    check_sums(w.size, 1048576);
    check_sums(2 * w.size, 1048576 + 37);
}

// From here on the world believes that `ranks` neighbours each make a machine.
static void pretend_machines(int ranks)
{
    MPI_Comm_free(&w.private->machine);
    MPI_Comm_split(w.private->all, w.rank / ranks, w.rank, &w.private->machine);
    w.local_rank = w.rank % ranks;
    w.local_size = ranks;
}

static void machines_of_any_size_give_the_same_sums(void **state)
{
    (void)state;
    for (int ranks = 1; ranks < w.size; ranks++) {
        if (w.size % ranks != 0) continue;
        pretend_machines(ranks);
        check_sums(w.size, 1000);
        check_sums(2 * w.size, 300001);
        check_sums(3 * w.size, 7);
        check_sums(7 * w.size, 1000);
    }
    pretend_machines(w.size);
}

// The last rank may not have files: no rank shares memory from then on.
static void without_shared_memory_sums_go_by_messages(void **state)
{
    (void)state;
    if (w.size == 1) return;
    struct rlimit before, small = {4096, 4096};
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    assert_all(w.private->may_share);
    if (w.rank == w.size - 1) setrlimit(RLIMIT_FSIZE, &small);
    check_sums(2 * w.size, 3000);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_all(!w.private->may_share);
    check_sums(w.size, 1000);
    w.private->may_share = true;
}

static void sequential_sum_would_differ(void **state)
{
    (void)state;
    const size_t count = 1000;
    const int total = 5;
    float sums[1000] = {0}, leaf[1000], *expected = tree_sum(total, count, 0);
    for (int i = 0; i < total; i++) {
        fill_leaf(leaf, count, i, 0);
        for (size_t j = 0; j < count; j++)
            sums[j] += leaf[j];
    }
    size_t different = 0;
    for (size_t j = 0; j < count; j++)
        different += sums[j] != expected[j];
    free(expected);
    assert_all(different > count / 10);
}

static void special_values_pass_through(void **state)
{
    (void)state;
    const size_t count = 8;
    const int total = 3 * w.size;
    workers v;
    reduce *r = NULL;
    double waited = 0;
    assert_all_ok(workers_divide(&v, &w, total, total));
    assert_all_ok(reduce_create(&r, &w, &v, count));
    for (int i = 0; i < v.count; i++) {
        fill_leaf(reduce_leaf(r), count, v.first + i, 0);
        reduce_push(r);
    }
    const float *sum = reduce_finish(r, &waited);
    bool minus_zero = sum[PLACE_MINUS_ZERO] == 0 && signbit(sum[PLACE_MINUS_ZERO]) != 0;
    bool infinite = isinf(sum[PLACE_INFINITE]) && sum[PLACE_INFINITE] < 0;
    bool nan = isnan(sum[PLACE_NAN]), others = isfinite(sum[PLACE_NAN + 1]);
    reduce_destroy(r);
    assert_all(minus_zero);
    assert_all(infinite);
    assert_all(nan);
    assert_all(others);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_recursion),
        cmocka_unit_test(sums_of_several_buckets_are_those_of_the_recursion),
        cmocka_unit_test(large_sums_are_those_of_the_recursion),
        cmocka_unit_test(machines_of_any_size_give_the_same_sums),
        cmocka_unit_test(without_shared_memory_sums_go_by_messages),
        cmocka_unit_test(sequential_sum_would_differ),
        cmocka_unit_test(special_values_pass_through),
    };
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
