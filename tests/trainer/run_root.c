// tests/trainer/run_root.c -- mkdtemp and rm.
#include "tests/trainer/run_root.h"

#include "tests/check.h"

#include <stdlib.h>

char run_root[256];

int run_root_make(void **state)
{
    (void)state;
    const char *temporary = getenv("TMPDIR");
    snprintf(run_root, sizeof run_root, "%s/basin-run-XXXXXX",
             temporary != NULL ? temporary : "/tmp");
    return mkdtemp(run_root) == NULL;
}

int run_root_remove(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", run_root);
    return system(command);
}

void run_root_open(run_folder *r, const char *name)
{
    char run[300];
    snprintf(run, sizeof run, "%s/%s", run_root, name);
    assert_ok(run_folder_open(r, run, UINT64_MAX)); // whatever is in it stays
}
