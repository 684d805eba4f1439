// trainer/commands/bench.c -- basin bench WHAT ...: how fast parts of the program are on this
// machine.
#include "base/config.h"
#include "comm/agree.h"
#include "trainer/bench.h"
#include "trainer/command.h"

#include <string.h>

#define BENCH(name) extern const bench_type bench_##name;
#include "trainer/benches.def"
#undef BENCH

#define BENCH(name) &bench_##name,
static const bench_type *const bench_table[] = {
#include "trainer/benches.def"
    NULL};
#undef BENCH

enum { MAX_BENCHES = 32 };

static status find(const bench_type **found, int argc, char **argv)
{
    const char *names[MAX_BENCHES + 1] = {0};
    CHECK(argc >= 1, ST_USAGE, "bench: what is to be measured? basin bench --help lists it");
    for (int i = 0; i < MAX_BENCHES && bench_table[i] != NULL; i++) {
        *found = bench_table[i];
        if (strcmp(bench_table[i]->name, argv[0]) == 0) return ST_OK;
        names[i] = bench_table[i]->name;
    }
    const char *near = config_nearest(argv[0], names);
    CHECK(near == NULL, ST_USAGE,
          "bench: there is no bench '%s'; did you mean '%s'? basin bench --help lists them",
          argv[0], near);
    return failure(ST_USAGE, "bench: there is no bench '%s'; basin bench --help lists them",
                   argv[0]);
}

static status run(const world *w, int argc, char **argv)
{
    const bench_type *bench = NULL;
    TRY(agree(w, find(&bench, argc, argv)));
    ASSERT(bench != NULL);
    return bench->run(w, argc - 1, argv + 1);
}

static status help_topic(FILE *out, const char *topic)
{
    bool all = topic[0] == '\0', known = all;
    if (all) fprintf(out, "\n");
    for (int i = 0; bench_table[i] != NULL; i++) {
        const bench_type *b = bench_table[i];
        if (!all && strcmp(topic, b->name) != 0) continue;
        known = true;
        fprintf(out, "  bench %s %s\n      %s\n", b->name, b->usage, b->help);
    }
    CHECK(known, ST_USAGE, "bench: there is no bench '%s'; basin bench --help lists them", topic);
    return ST_OK;
}

const command_type command_bench = {
    .name = "bench",
    .usage = "WHAT ...",
    .help = "measure how fast parts of the program are on this machine",
    .more = "",
    .run = run,
    .help_topic = help_topic,
};
