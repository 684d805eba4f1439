// trainer/main.c -- the program `basin`: finds the command, starts and ends MPI around it, and
// listens to signals from its first line on.
//
// The exit code is the command's status (base/status.h), the same on every rank.
#include "base/config.h"
#include "base/input.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/processor.h"
#include "base/pulse.h"
#include "base/standard_output.h"
#include "base/stop_signal.h"
#include "comm/agree.h"
#include "models/kernels/blas_core.h"
#include "models/kernels/threads.h"
#include "trainer/command.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND(name) extern const command_type command_##name;
#include "trainer/commands.def"
#undef COMMAND

#define COMMAND(name) &command_##name,
const command_type *const command_table[] = {
#include "trainer/commands.def"
    NULL};
#undef COMMAND

const command_type *command_find(const char *name)
{
    for (int i = 0; command_table[i] != NULL; i++)
        if (strcmp(command_table[i]->name, name) == 0) return command_table[i];
    return NULL;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static void print_help(FILE *out)
{
    fprintf(out, "basin " BASIN_VERSION ": trains energy-based models without labels, with MPI\n\n"
                 "usage: basin COMMAND ...            one process\n"
                 "       mpirun -n P basin COMMAND ...\n\n");
    for (int i = 0; command_table[i] != NULL; i++)
        fprintf(out, "  %-11s %s\n", command_table[i]->name, command_table[i]->help);
    fprintf(
        out,
        "\nbasin COMMAND --help says more.\n"
        "exit codes: 0 done, 64 usage, 65 bad data, 66 input missing, 69 another rank failed,\n"
        "            70 internal, 74 I/O or disk full, 75 checkpointed on request, 76 stalled,\n"
        "            78 bad job file, 79 diverged\n");
}

static void print_command_help(const command_type *c)
{
    printf("usage: basin %s %s\n%s\n", c->name, c->usage, c->help);
    if (c->more[0] != '\0') printf("\n%s", c->more);
}

static status unknown_command(const char *name)
{
    const char *names[64] = {0};
    for (int i = 0; command_table[i] != NULL && i < 63; i++)
        names[i] = command_table[i]->name;
    const char *near = config_nearest(name, names);
    if (near != NULL)
        return failure(ST_USAGE, "'%s' is no command; did you mean '%s'? basin --help lists them",
                       name, near);
    return failure(ST_USAGE, "'%s' is no command; basin --help lists them", name);
}

// Where help is asked for, as in `basin train JOB.yaml --help`; argc: nowhere.
static int find_help(int argc, char **argv)
{
    int at = 2;
    while (at < argc && !is_help(argv[at]))
        at++;
    return at;
}

// Of a command, or of its topic ("" without one). Collective; rank 0 alone prints.
static status help(const world *w, const command_type *command, const char *topic)
{
    bool topics = command->help_topic != NULL;
    status s = ST_OK;
    if (w->rank == 0) {
        if (!topics || topic[0] == '\0') print_command_help(command);
        if (topics) s = command->help_topic(stdout, topic);
    }
    return agree(w, s);
}

// A word that is "" is no path, no option and no key=value; as a path it would be the root folder.
static status check_words(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        CHECK(
            argv[i][0] != '\0', ST_USAGE,
            "word %d behind `basin` is empty, where a path, an option or key=value is expected; is "
            "a variable of the shell not set?",
            i);
    return ST_OK;
}

// Collective.
static status dispatch(const world *w, int argc, char **argv)
{
    if (argc < 2 || is_help(argv[1])) {
        if (w->rank == 0) print_help(argc < 2 ? stderr : stdout);
        return argc < 2 ? ST_USAGE : ST_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        if (w->rank == 0) printf("basin " BASIN_VERSION "\n");
        return ST_OK;
    }
    TRY(agree(w, check_words(argc, argv)));
    const command_type *command = command_find(argv[1]);
    if (command == NULL) return agree(w, unknown_command(argv[1]));
    int asked = find_help(argc, argv);
    if (asked < argc) return help(w, command, asked + 1 < argc ? argv[asked + 1] : "");
    pulse_enter(command->name);
    return command->run(w, argc - 2, argv + 2);
}

// Collective. Only rank 0 prints.
static status finish(const world *w, status done)
{
    return done == ST_OK ? agree_done(w, standard_output_finish()) : done;
}

// OpenBLAS has been loaded with the program, so that other kernels need a new start of it. Returns
// when there is none.
static void start_with_fast_kernels(char **argv)
{
    char path[PATH_MAX] = ""; // /proc/self/exe itself would give the process the name "exe"
    const char *core = blas_core_wanted();
    if (core == NULL || readlink("/proc/self/exe", path, sizeof path - 1) <= 0) return;
    if (setenv("OPENBLAS_CORETYPE", core, 1) != 0) return;
    stop_signals_hold();
    execv(path, argv);
    (void)unsetenv("OPENBLAS_CORETYPE");
    stop_signals_listen();
}

// When it could not be started anew.
static void warn_of_slow_kernels(void)
{
    const char *core = blas_core_wanted();
    if (core != NULL)
        log_warn(
            "OpenBLAS does not know this processor and is slow on it; set OPENBLAS_CORETYPE=%s",
            core);
}

// Before anything that could need it. What libraries need they find out themselves.
static bool runs_here(void)
{
    const char *lacking = processor_lacks(processor_needs);
    if (lacking == NULL) return true;
    fprintf(stderr,
            "basin: error: it was compiled for processors with %s, which this one has not; compile "
            "it on a machine "
            "like this one, or for all of them: cmake -DBASIN_NATIVE=OFF "
            "-DCMAKE_C_FLAGS=-march=x86-64-v3 (with "
            "AVX2), -march=x86-64 (any)\n",
            lacking);
    return false;
}

int main(int argc, char **argv)
{
    if (!runs_here()) return (int)ST_INTERNAL;
    stop_signals_listen();
    start_with_fast_kernels(argv);
    kernels_set_threads(1);
    world w;
    status s = world_init(&w, &argc, &argv);
    if (s != ST_OK) {
        fprintf(stderr, "basin: error: %s\n", printable(status_message()));
        return (int)s;
    }
    warn_of_slow_kernels();
    input_raise_limit();
    s = finish(&w, dispatch(&w, argc, argv));
    world_fini(&w);
    return (int)s;
}
