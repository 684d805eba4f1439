// What proof.jsonl says of some steps: taken from a whole record, and no number of a broken one
// believed.
#include "tests/check.h"

#include "tests/trainer/run_root.h"
#include "trainer/run/checkpoint_folder.h"
#include "trainer/run/proof_span.h"

#include <inttypes.h>

#define FIRST_BAD UINT64_C(18446744073709551615) // 2^64 - 1

static char run[RUN_PATH_SIZE];

// A record of steps begin .. last, with an epoch and a checkpoint (an empty file) after every
// third.
static void write_record(const char *name, uint64_t begin, uint64_t last, const char *then)
{
    char path[RUN_PATH_SIZE];
    uint64_t chain = 0;
    run_folder r;
    run_root_open(&r, name);
    snprintf(run, sizeof run, "%s", r.path);
    assert_ok(run_folder_close(&r));
    snprintf(path, sizeof path, "%.400s/proof.jsonl", run);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    for (uint64_t step = begin; step <= last; step++) {
        proof_line line = {.kind = PROOF_STEP, .step = step, .hash = 100 + step};
        assert_true(proof_line_write(out, &line));
        if (step % 3 != 0) continue;
        proof_line tensor = {.kind = PROOF_TENSOR, .step = step, .hash = 7, .tensor = "weight"};
        assert_true(proof_line_write(out, &tensor));
        proof_line epoch = {.kind = PROOF_EPOCH, .step = step};
        epoch.hash = chain = proof_chain(chain, line.hash, tensor.hash, &epoch);
        assert_true(proof_line_write(out, &epoch));
        checkpoint_folder_path(run, step, path);
        FILE *checkpoint = fopen(path, "w");
        assert_non_null(checkpoint);
        assert_int_equal(fclose(checkpoint), 0);
    }
    assert_true(fputs(then, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static void a_span_is_what_was_written(void **state)
{
    (void)state;
    proof_span s;
    write_record("whole", 1, 8, "");
    assert_ok(proof_span_read(&s, run, -1, 0));
    assert_int_equal(s.first, 6);
    assert_int_equal(s.end, 8);
    for (uint64_t i = 0; i <= 2; i++)
        assert_int_equal(s.digests[i], 106 + i);
    assert_int_equal(s.tensor_count, 1);
    proof_span_destroy(&s);
    assert_ok(proof_span_read(&s, run, 0, 0));
    assert_int_equal(s.first, 0);
    assert_int_equal(s.end, 3);
    assert_int_equal(s.digests[0], 0);
    assert_int_equal(s.digests[3], 103);
    proof_span_destroy(&s);
    assert_ok(proof_span_read(&s, run, 3, 1000000000000000));
    assert_int_equal(s.end, 8);
    proof_span_destroy(&s);
    assert_fails(proof_span_read(&s, run, 4, 0), ST_NO_INPUT, "no checkpoint of step 4");
    assert_fails(proof_span_read(&s, "/nowhere", 0, 0), ST_NO_INPUT, "/nowhere");
}

// A run that is older than proofs has no record of its first steps.
static void a_record_may_begin_late(void **state)
{
    (void)state;
    proof_span s;
    write_record("late", 5, 8, "");
    assert_ok(proof_span_read(&s, run, -1, 0));
    assert_int_equal(s.first, 6);
    proof_span_destroy(&s);
    assert_fails(proof_span_read(&s, run, 0, 0), ST_NO_INPUT, "begins at step 5");
    proof_span_destroy(&s);
}

static void numbers_that_do_not_follow_are_refused(void **state)
{
    (void)state;
    static const uint64_t steps[] = {0, 3, 7, 8, 10, 1u << 31, UINT64_C(1) << 60, FIRST_BAD};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        proof_span s;
        char line[128];
        snprintf(line, sizeof line, "{\"step\":%" PRIu64 ",\"digest\":\"1\"}\n", steps[i]);
        write_record("gap", 1, 8, line);
        assert_fails(proof_span_read(&s, run, 0, 0), ST_BAD_DATA, "the chain breaks at step");
        proof_span_destroy(&s);
        write_record("alone", 1, 0, line);
        assert_int_not_equal(proof_span_read(&s, run, -1, 0), ST_OK);
        status_clear();
        assert_int_not_equal(proof_span_read(&s, run, 0, 1000000000000000), ST_OK);
        status_clear();
        proof_span_destroy(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_is_what_was_written),
        cmocka_unit_test(a_record_may_begin_late),
        cmocka_unit_test(numbers_that_do_not_follow_are_refused),
    };
    return cmocka_run_group_tests(tests, run_root_make, run_root_remove);
}
