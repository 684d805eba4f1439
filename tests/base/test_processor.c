// The processor has what this test was compiled with; of other instructions /proc/cpuinfo says
// whether it has them.
#include "tests/check.h"

#include "base/processor.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_listed(const char *flag)
{
    FILE *f = fopen("/proc/cpuinfo", "r");
    if (f == NULL) skip();
    char line[8192];
    bool found = false;
    while (!found && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "flags", 5) != 0) continue;
        for (const char *word = strtok(line, " \t\n"); word != NULL && !found;
             word = strtok(NULL, " \t\n"))
            found = strcmp(word, flag) == 0;
        break;
    }
    (void)fclose(f);
    return found;
}

static void it_runs_what_it_was_compiled_for(void **state)
{
    (void)state;
    assert_null(processor_lacks(processor_needs));
    assert_null(processor_lacks(0));
}

static void what_it_lacks_is_named(void **state)
{
    (void)state;
#ifndef __x86_64__
    skip();
#endif
    const struct {
        unsigned need;
        const char *flag, *name;
    } sets[] = {{PROCESSOR_AVX2, "avx2", "AVX2"},
                {PROCESSOR_AVX512, "avx512bw", "AVX-512"},
                {PROCESSOR_AVX512_VBMI, "avx512_vbmi2", "AVX-512 VBMI"},
                {PROCESSOR_AVX512_BF16, "avx512_bf16", "AVX-512 BF16"}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const char *lacking = processor_lacks(sets[i].need);
        if (is_listed(sets[i].flag))
            assert_null(lacking);
        else
            assert_string_equal(lacking, sets[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_runs_what_it_was_compiled_for),
        cmocka_unit_test(what_it_lacks_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
