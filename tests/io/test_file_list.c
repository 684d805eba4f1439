// Which files a text means: globs, names with brackets and commas, several of them, folders, lists.
#include "tests/check.h"
#include "tests/io/group_folder.h"

#include "io/files/file_list.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = {"b.h5", "a.h5", "a,b.h5", "run[1].h5", "notes.txt", "c.HDF5"};
enum { COUNT = 6 };

// The files, the same in the sub-folder "in [2], x", and an empty one.
static int make_files(void **state)
{
    char path[64];
    if (folder_set_up(state) != 0) return -1;
    for (int i = 0; i < COUNT; i++)
        test_write(&folder, names[i], "x", 1);
    if (mkdir(test_path(&folder, "in [2], x"), 0777) != 0) return -1;
    if (mkdir(test_path(&folder, "empty"), 0777) != 0) return -1;
    for (int i = 0; i < COUNT; i++) {
        snprintf(path, sizeof path, "in [2], x/%s", names[i]);
        test_write(&folder, path, "x", 1);
    }
    return 0;
}

static int remove_files(void **state)
{
    char path[64];
    for (int i = 0; i < COUNT; i++) {
        snprintf(path, sizeof path, "in [2], x/%s", names[i]);
        unlink(test_path(&folder, path));
    }
    rmdir(test_path(&folder, "in [2], x"));
    rmdir(test_path(&folder, "empty"));
    return folder_tear_down(state);
}

// The files found, without the folder, by blanks and bars.
static void expect(const char *files, const char *wanted)
{
    char found[512] = "";
    file_list list;
    assert_ok(file_list_find(&list, files, folder.path));
    for (size_t i = 0; i < list.count; i++) {
        assert_memory_equal(list.paths[i], folder.path, strlen(folder.path));
        strcat(found, i > 0 ? "|" : "");
        strcat(found, list.paths[i] + strlen(folder.path) + 1);
    }
    file_list_free(&list);
    assert_string_equal(found, wanted);
}

static void expect_failure(const char *files, status code, const char *text)
{
    file_list list;
    assert_fails(file_list_find(&list, files, folder.path), code, text);
    file_list_free(&list);
}

static void globs_are_in_the_order_of_names(void **state)
{
    (void)state;
    expect("?.h5", "a.h5|b.h5");
    expect("*.h5", "a,b.h5|a.h5|b.h5|run[1].h5");
    expect("[ab].h5", "a.h5|b.h5");
}

static void what_exists_is_meant_as_it_stands(void **state)
{
    (void)state;
    expect("run[1].h5", "run[1].h5");
    expect("a,b.h5", "a,b.h5");
    expect("a,b.h5,a.h5", "a,b.h5|a.h5");
    expect("in [2], x/*[ab].h5", "in [2], x/a,b.h5|in [2], x/a.h5|in [2], x/b.h5");
    expect("in [2], x/run[1].h5", "in [2], x/run[1].h5");
}

static void several_are_taken_in_the_order_given_and_once(void **state)
{
    (void)state;
    expect("b.h5,a.h5", "b.h5|a.h5");
    expect("b.h5 , run[1].h5, ?.h5", "b.h5|run[1].h5|a.h5");
    expect("in [2], x/b.h5,?.h5", "in [2], x/b.h5|a.h5|b.h5");
}

static void a_folder_is_what_data_it_holds(void **state)
{
    (void)state;
    expect("in [2], x", "in [2], x/a,b.h5|in [2], x/a.h5|in [2], x/b.h5|in [2], x/c.HDF5|"
                        "in [2], x/run[1].h5");
    expect_failure("empty", ST_NO_INPUT, "empty: this folder holds no .h5");
}

static void a_list_names_files_from_its_own_folder(void **state)
{
    (void)state;
    static const char text[] = "# two\n  b.h5  # the second\n\nrun[1].h5\r\n";
    test_write(&folder, "in [2], x/notes.txt", text, sizeof text - 1);
    expect("@in [2], x/notes.txt", "in [2], x/b.h5|in [2], x/run[1].h5");
    expect("a.h5,@in [2], x/notes.txt", "a.h5|in [2], x/b.h5|in [2], x/run[1].h5");
    test_write(&folder, "notes.txt", "@notes.txt\n", 11);
    expect_failure("@notes.txt", ST_NO_INPUT, "lists in lists");
    test_write(&folder, "notes.txt", "# nothing\n", 10);
    expect_failure("@notes.txt", ST_NO_INPUT, "names no file");
    expect_failure("@absent.txt", ST_NO_INPUT, "absent.txt: no such file");
    expect_failure("@empty", ST_BAD_DATA, "empty");
}

static void what_matches_nothing_is_named(void **state)
{
    (void)state;
    expect_failure("z*.h5", ST_NO_INPUT, "no file matches \"z*.h5\"");
    expect_failure("a.h5,z*.h5", ST_NO_INPUT, "no file matches \"z*.h5\"");
    expect_failure("", ST_NO_INPUT, "no file matches \"\"");
    expect_failure(",", ST_NO_INPUT, "no file matches \",\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_are_in_the_order_of_names),
        cmocka_unit_test(what_exists_is_meant_as_it_stands),
        cmocka_unit_test(several_are_taken_in_the_order_given_and_once),
        cmocka_unit_test(a_folder_is_what_data_it_holds),
        cmocka_unit_test(a_list_names_files_from_its_own_folder),
        cmocka_unit_test(what_matches_nothing_is_named),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
