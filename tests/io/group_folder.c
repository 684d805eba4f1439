// tests/io/group_folder.c -- the folder of this program.
#include "tests/io/group_folder.h"

test_folder folder;

int folder_set_up(void **state)
{
    (void)state;
    return test_folder_create(&folder);
}

int folder_tear_down(void **state)
{
    (void)state;
    return test_folder_remove(&folder);
}
