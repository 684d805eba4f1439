// tests/trainer/test_probe_mpi.c -- the linear probe against scikit-learn, blobs, and itself on one
// rank.
#include "tests/check_mpi.h"

#include "comm/world_private.h"
#include "tests/golden/probe.h"
#include "trainer/streams/embedding.h"
#include "trainer/evaluation/probe.h"

#include <math.h>

enum { TRAIN = 700, MANY = 3000, TEST = 300, DIM = 6, CLASSES = 4 };

static world w;

// The same as tests/golden/probe.py's.
static void formula_row(uint64_t i, int64_t label, float *row)
{
    for (int d = 0; d < DIM; d++) {
        double x = sin(12.9898 * (double)i + 78.233 * d) * 43758.5453;
        double noise = x - floor(x) - 0.5;
        row[d] = (float)((d + 1) * (3 * noise + cos(2.0 * (double)label * (d + 1))) + d);
    }
}

// Far apart, one corner a class; the last dimension tells nothing.
static void blob_row(uint64_t i, int64_t label, float *row)
{
    formula_row(i, 0, row);
    for (int d = 0; d < DIM; d++)
        row[d] = row[d] / 100 + (d == label ? 1.0f : 0.0f);
    row[DIM - 1] = 0.1f;
}

typedef void row_maker(uint64_t i, int64_t label, float *row);

// Samples first .. first + count - 1, this rank's chunks of them.
static status make_set(probe_set *s, const world *on, row_maker *make, uint64_t first,
                       uint64_t count, int64_t *labels)
{
    for (uint64_t i = 0; i < count; i++)
        labels[i] = (int64_t)((first + i) % CLASSES);
    TRY(probe_set_create(s, on, count, DIM, labels));
    for (uint64_t i = 0; i < count; i++) {
        uint64_t chunk = i / EMBEDDING_ROWS, ranks = (uint64_t)on->size;
        if (chunk % ranks != (uint64_t)on->rank) continue;
        uint64_t row = chunk / ranks * EMBEDDING_ROWS + i % EMBEDDING_ROWS;
        make(first + i, labels[i], s->rows + row * DIM);
    }
    return ST_OK;
}

// Collective over `on`. unlabelled: each so many training samples one loses its label; 0 = none.
static status probe(const world *on, row_maker *make, uint64_t count, uint64_t unlabelled,
                    probe_result *result)
{
    static int64_t train_labels[MANY], test_labels[TEST];
    probe_set train = {0}, test = {0};
    status s = make_set(&train, on, make, 0, count, train_labels);
    if (s == ST_OK) s = make_set(&test, on, make, count, TEST, test_labels);
    for (uint64_t i = 0; unlabelled > 0 && i < count; i += unlabelled)
        train_labels[i] = -1;
    if (s == ST_OK) s = probe_run(on, CLASSES, &train, &test, result);
    probe_set_destroy(&train);
    probe_set_destroy(&test);
    return s;
}

static void agrees_with_scikit_learn(void **state)
{
    (void)state;
    probe_result found = {0};
    assert_all_ok(probe(&w, formula_row, TRAIN, 0, &found));
    assert_all(found.converged);
    assert_all(found.penalty == golden_probe_penalty);
    assert_all(fabs(found.held_out - golden_probe_held_out) < 1e-6);
    assert_all(fabs(found.loss - golden_probe_loss) < 1e-6);
    assert_all(fabs(found.top1 - golden_probe_top1) < 1e-6);
}

static void separable_blobs_are_told_apart(void **state)
{
    (void)state;
    probe_result found = {0};
    assert_all_ok(probe(&w, blob_row, TRAIN, 0, &found));
    assert_all(found.top1 == 1);
    assert_all(found.held_out == 1);
}

// Each rank computes the whole alone, too.
static void any_number_of_ranks_gives_the_same_bits(void **state)
{
    (void)state;
    struct world_private self = {.all = MPI_COMM_SELF, .size = 1};
    world alone = {.size = 1, .local_size = 1, .private = &self};
    probe_result together = {0}, single = {0};
    assert_all_ok(probe(&w, formula_row, MANY, 7, &together));
    assert_all_ok(probe(&alone, formula_row, MANY, 7, &single));
    assert_all(together.loss == single.loss);
    assert_all(together.top1 == single.top1);
    assert_all(together.held_out == single.held_out && together.penalty == single.penalty);
}

// Numbers whose sum depends on the order, for 1 is lost beside 1e16: 1e16, -1e16, 1, 1e16 ...
static double chunk_number(uint64_t chunk)
{
    const double numbers[] = {1e16, -1e16, 1};
    return numbers[chunk % 3];
}

static void number_of_chunk(void *set, int own, double *numbers)
{
    uint64_t first;
    (void)probe_set_chunk(set, &w, own, &first, NULL);
    numbers[0] = chunk_number(first / EMBEDDING_ROWS);
}

static void sums_go_over_chunks_in_their_order(void **state)
{
    (void)state;
    enum { CHUNKS = 6 };
    probe_set s = {0};
    assert_all_ok(probe_set_create(&s, &w, (CHUNKS - 1) * EMBEDDING_ROWS + 1, 1, NULL));
    double number = 0, round[16], expected = 0, total = 0;
    assert_all(w.size <= 16);
    chunk_sum how = {number_of_chunk, &s, 1, &number, round};
    probe_set_sum(&s, &w, &how, &total);
    for (uint64_t chunk = 0; chunk < CHUNKS; chunk++)
        expected += chunk_number(chunk);
    assert_all(total == expected);
    probe_set_destroy(&s);
}

static void nothing_labelled_is_told(void **state)
{
    (void)state;
    probe_result found = {0};
    status s = probe(&w, formula_row, TRAIN, 1, &found);
    assert_all(s == ST_BAD_DATA);
}

static void infinite_row(uint64_t i, int64_t label, float *row)
{
    formula_row(i, label, row);
    if (i == TRAIN / 2) row[3] = INFINITY;
}

static void features_that_are_not_finite_are_told(void **state)
{
    (void)state;
    probe_result found = {0};
    status s = probe(&w, infinite_row, TRAIN, 0, &found);
    assert_all(s == ST_DIVERGED);
}

static void too_much_for_a_rank_is_refused(void **state)
{
    (void)state;
    int64_t none = -1;
    probe_set s = {0};
    uint64_t count = (uint64_t)w.size * 3000000;
    status refused = probe_set_create(&s, &w, count, 2048, &none);
    assert_all(refused == ST_CONFIG);
    assert_all(strstr(status_message(), "evaluate.probe=false") != NULL);
    status_clear();
    probe_set_destroy(&s);
}

// Samples whose classes follow each other in turn: each class loses about a tenth.
static void held_out_samples_are_of_every_class(void **state)
{
    (void)state;
    for (uint64_t classes = 2; classes <= 20; classes++)
        for (uint64_t class = 0; class < classes; class ++) {
            int held_out = 0;
            for (uint64_t i = 0; i < 1000; i++)
                held_out += probe_holds_out(i * classes + class);
            assert_in_range(held_out, 85, 115);
        }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_scikit_learn),
        cmocka_unit_test(separable_blobs_are_told_apart),
        cmocka_unit_test(any_number_of_ranks_gives_the_same_bits),
        cmocka_unit_test(sums_go_over_chunks_in_their_order),
        cmocka_unit_test(nothing_labelled_is_told),
        cmocka_unit_test(features_that_are_not_finite_are_told),
        cmocka_unit_test(too_much_for_a_rank_is_refused),
        cmocka_unit_test(held_out_samples_are_of_every_class),
    };
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
