// Codes come back as they were noted, on every rank those of all; a code too full for its room does
// not come back in part.
#include "tests/check_mpi.h"

#include "trainer/sparse/code_memory.h"

#include <string.h>

enum { SAMPLES = 24, BATCH = 12, CODES = 10, ROOM = 4 };

static world w;
static const order samples_order = {.seed = 3, .count = SAMPLES, .batch = BATCH};

// Sample s has 1 + s % 6 codes that are not 0, the last place among them.
static void make_code(uint64_t sample, float *code)
{
    memset(code, 0, CODES * sizeof *code);
    for (uint64_t i = 0; i <= sample % 6; i++)
        code[CODES - 1 - i] = (float)sample - 7.5f + (float)i;
}

static void note_step(code_memory *m, uint64_t step)
{
    uint64_t count = BATCH / (uint64_t)w.size, first = (uint64_t)w.rank * count;
    float code[CODES];
    for (uint64_t position = first; position < first + count; position++) {
        make_code(order_sample(&samples_order, step, position), code);
        code_memory_note(m, position, code, CODES);
    }
    code_memory_keep(m, &w, &samples_order, step, first, count);
}

static bool is_same(const float *a, const float *b)
{
    for (int i = 0; i < CODES; i++)
        if (a[i] != b[i]) return false;
    return true;
}

static bool recalls(const code_memory *m, uint64_t sample, bool known)
{
    float expected[CODES] = {0}, found[CODES];
    memset(found, 1, sizeof found);
    if (known && sample % 6 < ROOM) make_code(sample, expected);
    code_memory_recall(m, sample, found, CODES);
    return is_same(expected, found);
}

static void every_rank_recalls_the_codes_of_all(void **state)
{
    (void)state;
    code_memory m;
    bool known[SAMPLES] = {false}, right = true;
    assert_all_ok(code_memory_create(&m, &samples_order, ROOM));
    note_step(&m, 0);
    for (uint64_t position = 0; position < BATCH; position++)
        known[order_sample(&samples_order, 0, position)] = true;
    for (uint64_t s = 0; s < SAMPLES; s++)
        right = right && recalls(&m, s, known[s]);
    assert_all(right);
    note_step(&m, 1); // the rest of the epoch
    for (uint64_t s = 0; s < SAMPLES; s++)
        right = right && recalls(&m, s, true);
    assert_all(right);
    code_memory_destroy(&m);
}

static void a_newer_code_takes_the_place_of_the_older(void **state)
{
    (void)state;
    code_memory m;
    assert_all_ok(code_memory_create(&m, &samples_order, ROOM));
    note_step(&m, 0);
    float code[CODES] = {0, 2, 0}, found[CODES];
    uint64_t count = BATCH / (uint64_t)w.size, first = (uint64_t)w.rank * count;
    for (uint64_t position = first; position < first + count; position++)
        code_memory_note(&m, position, code, CODES);
    code_memory_keep(&m, &w, &samples_order, 0, first, count);
    code_memory_recall(&m, order_sample(&samples_order, 0, BATCH - 1), found, CODES);
    assert_all(is_same(code, found));
    code_memory_destroy(&m);
}

// What a checkpoint may say of sample 1, word by word.
static void a_place_outside_a_code_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint64_t word;
        bool right;
    } cases[] = {{0, true},
                 {UINT64_C(1) << 32 | 0x3f800000, true}, // 1.0 at place 1
                 {(uint64_t)CODES << 32 | 0x3f800000, false},
                 {UINT64_MAX, false},
                 {UINT64_C(1) << 63, false},
                 {0x7fc00000, false},                      // NaN
                 {UINT64_C(1) << 32 | 0xff800000, false}}; // -infinity
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        code_memory m;
        assert_all_ok(code_memory_create(&m, &samples_order, ROOM));
        m.kept[ROOM + 1] = cases[i].word;
        status found = code_memory_validate(&m, CODES);
        assert_all(found == (cases[i].right ? ST_OK : ST_BAD_DATA));
        assert_all((strstr(status_message(), "for sample 1") != NULL) != cases[i].right);
        status_clear();
        code_memory_destroy(&m);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rank_recalls_the_codes_of_all),
        cmocka_unit_test(a_newer_code_takes_the_place_of_the_older),
        cmocka_unit_test(a_place_outside_a_code_is_refused),
    };
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
