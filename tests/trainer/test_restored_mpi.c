// Every method, whatever integers its checkpoint holds: it refuses them, or goes on within its
// memory (which the address sanitizer watches).
#include "tests/check_mpi.h"

#include "tests/trainer/restored_trial.h"
#include "trainer/job/plugins.h"

static world w;

static const uint64_t values[] = {0,
                                  1,
                                  7,
                                  8,
                                  1u << 16,
                                  1000000000,
                                  1u << 31,
                                  UINT64_C(1) << 32,
                                  UINT64_C(1) << 48,
                                  UINT64_C(1) << 63,
                                  UINT64_MAX};

// Element `which` of the array, or all of them, become `value`; then a step, if the state is let
// through.
static bool goes_on_with(restored_trial *t, const checkpoint_array *array, size_t first,
                         size_t count, uint64_t value)
{
    uint64_t *numbers = array->data;
    for (size_t i = first; i < first + count; i++)
        numbers[i] = value;
    bool sound = restored_trial_goes_on(t);
    restored_trial_reset(t);
    return sound;
}

// Returns how many of the changed states were let through.
static int try_array(restored_trial *t, const checkpoint_array *array)
{
    size_t count = checkpoint_array_bytes(array) / sizeof(uint64_t);
    int sound = 0;
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        sound += goes_on_with(t, array, 0, count, values[v]);
        sound += goes_on_with(t, array, count - 1, 1, values[v]);
    }
    return sound;
}

static void no_integer_of_a_checkpoint_leads_outside_memory(void **state)
{
    (void)state;
    plugin p;
    for (int i = 0; plugin_at(PLUGIN_METHOD, i, &p); i++) {
        restored_trial t;
        int integers = 0, sound = 0, most = 2 * (int)(sizeof values / sizeof *values);
        assert_all_ok(restored_trial_open(&t, &w, p.name));
        assert_all(restored_trial_goes_on(&t));
        restored_trial_reset(&t);
        for (size_t k = 0; k < t.count; k++) {
            if (t.arrays[k].type == ARRAY_F32) continue;
            integers++;
            sound = try_array(&t, &t.arrays[k]);
            if (strcmp(t.arrays[k].name, "queue_pointer") == 0) assert_all(sound == 2 * 4);
            if (strcmp(t.arrays[k].name, "codes") == 0) assert_all(sound < most);
        }
        bool holds_more = integers > 1; // than the step
        assert_all(!holds_more || t.trial.job.method->validate != NULL);
        restored_trial_close(&t);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_integer_of_a_checkpoint_leads_outside_memory),
    };
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_fini(&w);
    return failed;
}
