// tests/fuzz/forging.c -- see forging.h.
#include "tests/fuzz/forging.h"

#include "base/log.h"
#include "trainer/command.h"

#include <fcntl.h>
#include <hdf5.h>
#include <stdlib.h>
#include <unistd.h>

extern const command_type command_inspect;

static world w;
static char folder[] = "/dev/shm/basin-forged-XXXXXX";

static void remove_folder(void)
{
    (void)rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    // Nobody watches, and signals are the fuzzer's.
    if (setenv("BASIN_STALL", "0", 1) != 0 || setenv("OMPI_MCA_opal_signal", "", 1) != 0 ||
        world_init(&w, argc, argv) != ST_OK)
        abort();
    assert_set_hook(NULL); // abort, which the fuzzer sees
    log_set_silent(true);
    if (mkdtemp(folder) == NULL || atexit(remove_folder) != 0) abort();
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC); // for what commands print
    if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0) abort();
    return 0;
}

const world *forging_world(void)
{
    return &w;
}

const char *forging_folder(void)
{
    return folder;
}

void forging_inspect(char *path, bool hash)
{
    char *words[] = {"--hash", path, NULL};
    (void)command_inspect.run(&w, hash ? 2 : 1, hash ? words : words + 1);
    status_clear();
}

void forging_check_closed(void)
{
    ASSERT(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL) == 0);
}
