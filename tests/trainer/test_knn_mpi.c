// The streamed, distributed kNN equals a brute-force vote, for any number of ranks, with ties.
#include "tests/check_mpi.h"

#include "base/rng.h"
#include "trainer/evaluation/knn.h"

#include <math.h>
#include <stdlib.h>

enum { BANK = 1100, QUERIES = 300, DIM = 5, K = 7, CLASSES = 4, CHUNKS = (BANK + 255) / 256 };

static world w;
static float bank[CHUNKS * KNN_ROWS][DIM], queries[QUERIES][DIM];
static int64_t bank_labels[CHUNKS * KNN_ROWS], query_labels[QUERIES];

// Coordinates are small integers over 8, so that similarities are exact and ties are many.
static void make_points(void)
{
    for (int i = 0; i < BANK + QUERIES; i++) {
        rng r = rng_open(3, RNG_TEST, 0, (uint64_t)i, 0);
        float *point = i < BANK ? bank[i] : queries[i - BANK];
        for (int d = 0; d < DIM; d++)
            point[d] = ((float)rng_below(&r, 5) - 2) / 8;
        int64_t label = (int64_t)rng_below(&r, CLASSES + 1) - 1; // -1: unlabelled
        *(i < BANK ? &bank_labels[i] : &query_labels[i - BANK]) = label;
    }
}

// The class by sorting all of the bank, most similar first, ties to the lower index.
static int brute_class(const float *query, double temperature)
{
    double votes[CLASSES] = {0};
    static bool taken[BANK];
    memset(taken, 0, sizeof taken);
    for (int k = 0; k < K; k++) {
        int best = -1;
        float best_similarity = 0;
        for (int i = 0; i < BANK; i++) {
            float similarity = 0;
            for (int d = 0; d < DIM; d++)
                similarity += query[d] * bank[i][d];
            bool better = best < 0 || similarity > best_similarity;
            if (bank_labels[i] >= 0 && !taken[i] && better) {
                best = i;
                best_similarity = similarity;
            }
        }
        taken[best] = true;
        votes[bank_labels[best]] += exp((double)best_similarity / temperature);
    }
    int winner = 0;
    for (int c = 1; c < CLASSES; c++)
        if (votes[c] > votes[winner]) winner = c;
    return winner;
}

static void equals_brute_force(void **state)
{
    (void)state;
    uint64_t expected = 0, labelled = 0, correct = 0, voted = 0;
    for (int q = 0; q < QUERIES; q++) {
        if (query_labels[q] < 0) continue;
        expected += brute_class(queries[q], 0.5) == query_labels[q];
        labelled++;
    }
    knn *n = NULL;
    assert_all_ok(knn_create(&n, queries[0], QUERIES, DIM, K));
    // Each rank adds its chunks in falling order: order must not matter.
    for (int chunk = CHUNKS - 1; chunk >= 0; chunk--) {
        int first = chunk * KNN_ROWS;
        if (chunk % w.size != w.rank) continue;
        knn_add_bank(n, bank[first], BANK - first < KNN_ROWS ? BANK - first : KNN_ROWS,
                     (uint64_t)first, bank_labels + first);
    }
    assert_all_ok(knn_vote(n, &w, query_labels, CLASSES, 0.5, &correct, &voted));
    assert_all(voted == labelled);
    assert_all(correct == expected);
    knn_destroy(n);
}

// Fewer neighbours in the bank than k: those there are vote.
static void small_bank_is_enough(void **state)
{
    (void)state;
    uint64_t correct = 0, voted = 0;
    knn *n = NULL;
    assert_all_ok(knn_create(&n, queries[0], 1, DIM, 50));
    int64_t one = 2, wanted = 2;
    if (w.rank == w.size - 1) knn_add_bank(n, bank[0], 1, 0, &one);
    assert_all_ok(knn_vote(n, &w, &wanted, CLASSES, 0.5, &correct, &voted));
    assert_all(voted == 1 && correct == 1);
    knn_destroy(n);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_brute_force),
        cmocka_unit_test(small_bank_is_enough),
    };
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    make_points();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
