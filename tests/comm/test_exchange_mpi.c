// Bytes arrive whole and in the order of ranks.
#include "tests/check_mpi.h"

#include "comm/exchange.h"

#define BYTES_MAX 4096
#define RANKS_MAX 16

static world w;

// Byte `index` of what rank `rank` sends.
static unsigned char byte_of(int rank, size_t index)
{
    return (unsigned char)(37u * (size_t)rank + 11u * index + 1u);
}

static void fill(unsigned char *data, int rank, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        data[i] = byte_of(rank, i);
}

static bool is_from(const unsigned char *data, int rank, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (data[i] != byte_of(rank, i)) return false;
    return true;
}

static void gather_keeps_the_order_of_ranks(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, 7, BYTES_MAX};
    static unsigned char mine[BYTES_MAX], all[RANKS_MAX * BYTES_MAX];
    for (int i = 0; i < 4; i++) {
        size_t bytes = sizes[i];
        memset(all, 0, sizeof all);
        fill(mine, w.rank, bytes);
        exchange_gather(&w, mine, bytes, all);
        bool right = true;
        for (int rank = 0; rank < w.size; rank++)
            right = right && is_from(all + (size_t)rank * bytes, rank, bytes);
        assert_all(right);
    }
}

static void gather_works_in_place(void **state)
{
    (void)state;
    static unsigned char all[RANKS_MAX * 100];
    unsigned char *mine = all + (size_t)w.rank * 100;
    fill(mine, w.rank, 100);
    exchange_gather(&w, mine, 100, all);
    bool right = true;
    for (int rank = 0; rank < w.size; rank++)
        right = right && is_from(all + (size_t)rank * 100, rank, 100);
    assert_all(right);
}

// Rank r gives 13 r bytes, so rank 0 gives none.
static void gather_takes_different_sizes(void **state)
{
    (void)state;
    static unsigned char mine[13 * RANKS_MAX], all[13 * RANKS_MAX * RANKS_MAX];
    size_t bytes[RANKS_MAX] = {0}, starts[RANKS_MAX] = {0}, end = 0;
    for (int rank = 0; rank < w.size; rank++) {
        bytes[rank] = 13u * (size_t)rank;
        starts[rank] = end;
        end += bytes[rank];
    }
    for (int in_place = 0; in_place < 2; in_place++) {
        memset(all, 0, sizeof all);
        unsigned char *own = in_place ? all + starts[w.rank] : mine;
        fill(own, w.rank, bytes[w.rank]);
        exchange_gather_sizes(&w, own, bytes, all);
        bool right = true;
        for (int rank = 0; rank < w.size; rank++)
            right = right && is_from(all + starts[rank], rank, bytes[rank]);
        assert_all(right);
    }
}

static void broadcast_reaches_all_from_any_root(void **state)
{
    (void)state;
    for (int root = 0; root < w.size; root++) {
        unsigned char data[1000];
        fill(data, w.rank, sizeof data);
        exchange_broadcast(&w, data, sizeof data, root);
        assert_all(is_from(data, root, sizeof data));
        exchange_broadcast(&w, data, 0, root);
        assert_all(is_from(data, root, sizeof data));
    }
}

static void counts_are_summed_exactly(void **state)
{
    (void)state;
    uint64_t ranks = (uint64_t)w.size;
    uint64_t values[3] = {1, (uint64_t)w.rank, (1ull << 53) + 1}; // the last is no double
    exchange_sum(&w, values, 3);
    assert_all(values[0] == ranks);
    assert_all(values[1] == ranks * (ranks - 1) / 2);
    assert_all(values[2] == ranks * ((1ull << 53) + 1));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gather_keeps_the_order_of_ranks),
        cmocka_unit_test(gather_works_in_place),
        cmocka_unit_test(gather_takes_different_sizes),
        cmocka_unit_test(broadcast_reaches_all_from_any_root),
        cmocka_unit_test(counts_are_summed_exactly),
    };
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
