// Files that the user names: what exists, what is no file and what is read are not written over.
#include "tests/check.h"

#include "io/files/atomic_file.h"
#include "io/files/named_output.h"
#include "io/packing/pack.h"
#include "io/packing/synth.h"
#include "tests/io/folder.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static test_folder folder; // of one test

static int make_folder(void **state)
{
    (void)state;
    return test_folder_create(&folder);
}

static int remove_folder(void **state)
{
    (void)state;
    return test_folder_remove(&folder);
}

static const char *path_of(const char *name)
{
    return test_path(&folder, name);
}

static void write_file(const char *name)
{
    test_write(&folder, name, name, strlen(name));
}

// The file `name` still holds what write_file wrote.
static void assert_untouched(const char *name)
{
    size_t size;
    char *bytes = test_read(path_of(name), &size);
    assert_int_equal(size, strlen(name));
    assert_memory_equal(bytes, name, size);
    free(bytes);
}

static const output_rules plain = {0}, force = {.replace = true};

static void an_existing_file_is_replaced_only_by_force(void **state)
{
    (void)state;
    assert_ok(named_output_check(path_of("new"), &plain));
    write_file("old");
    assert_fails(named_output_check(path_of("old"), &plain), ST_USAGE, "old exists already");
    assert_ok(named_output_check(path_of("old"), &force));
    assert_fails(named_output_check("", &force), ST_USAGE, "empty name");
    assert_fails(named_output_check(path_of("absent/new"), &force), ST_IO, "absent");
}

static void what_is_no_file_is_never_replaced(void **state)
{
    (void)state;
    const char *pipe = path_of("pipe"), *link = path_of("link"), *nowhere = path_of("nowhere");
    write_file("file");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(symlink(path_of("file"), link), 0);
    assert_int_equal(symlink(path_of("absent"), nowhere), 0);
    assert_fails(named_output_check(pipe, &force), ST_USAGE, "a pipe");
    assert_fails(named_output_check(link, &force), ST_USAGE, "a symbolic link");
    assert_fails(named_output_check(nowhere, &force), ST_USAGE, "a symbolic link");
    assert_fails(named_output_check(folder.path, &force), ST_USAGE, "a folder");
    assert_fails(named_output_check("/dev/null", &force), ST_USAGE, "a device");
}

static void an_input_is_never_replaced_whatever_its_name(void **state)
{
    (void)state;
    write_file("test-0.h5");
    write_file("test-1.h5");
    assert_int_equal(link(path_of("test-1.h5"), path_of("other")), 0);
    const char *const inputs[] = {NULL, path_of("test-*.h5")};
    const output_rules rules = {true, inputs, 2, NULL};
    assert_fails(named_output_check(path_of("test-1.h5"), &rules), ST_USAGE, "to be read");
    assert_fails(named_output_check(path_of("other"), &rules), ST_USAGE, "to be read");
    assert_ok(named_output_check(path_of("test-2.h5"), &rules));
    char roundabout[600];
    snprintf(roundabout, sizeof roundabout, "%s/../%s/test-0.h5", folder.path,
             strrchr(folder.path, '/') + 1);
    assert_fails(named_output_check(roundabout, &rules), ST_USAGE, "to be read");
}

// Whatever words of io/files/file_list.h name it, also where another part of them names nothing.
static void an_input_is_known_by_list_folder_glob_and_file_of_names(void **state)
{
    (void)state;
    char words[8][1200], folder_name[300];
    const char *const names[] = {"a.h5", "b, c.h5", "x.h5"};
    for (int i = 0; i < 3; i++)
        write_file(names[i]);
    FILE *list = fopen(path_of("list.txt"), "w");
    assert_non_null(list);
    assert_true(fputs("# all\na.h5\n*.h5\n", list) >= 0 && fclose(list) == 0);
    list = fopen(path_of("lists.txt"), "w");
    assert_non_null(list);
    assert_true(fputs("@list.txt\n", list) >= 0 && fclose(list) == 0);
    snprintf(folder_name, sizeof folder_name, "%s", folder.path);
    snprintf(words[0], sizeof words[0], "%s", folder_name);
    snprintf(words[1], sizeof words[1], "%s/x.h5, %s/b, c.h5,%s/a.h5", folder_name, folder_name,
             folder_name);
    snprintf(words[2], sizeof words[2], "%s/*.h5", folder_name);
    snprintf(words[3], sizeof words[3], "@%s/list.txt", folder_name);
    snprintf(words[4], sizeof words[4], "@%s/lists.txt", folder_name);
    snprintf(words[5], sizeof words[5], "%s/[abx]*.h5,nothing-*.h5", folder_name);
    snprintf(words[6], sizeof words[6], "*.h5"); // from the folder
    snprintf(words[7], sizeof words[7], "x.h5,@lists.txt");
    for (size_t w = 0; w < 8; w++)
        for (int i = 0; i < 3; i++) {
            const char *input = words[w];
            const output_rules rules = {true, &input, 1, w < 6 ? NULL : folder_name};
            assert_fails(named_output_check(path_of(names[i]), &rules), ST_USAGE, "to be read");
            assert_ok(named_output_check(path_of("new.h5"), &rules));
        }
    for (size_t w = 3; w < 5; w++) {
        const char *input = words[w];
        const output_rules rules = {true, &input, 1, NULL};
        assert_fails(named_output_check(path_of("list.txt"), &rules), ST_USAGE, "to be read");
    }
    assert_string_equal(status_message(), "");
}

// The writers themselves, whoever calls them.
static void a_file_that_appears_meanwhile_stays(void **state)
{
    (void)state;
    atomic_file file;
    assert_ok(atomic_file_begin(&file, path_of("late")));
    const char *temporary = strrchr(file.temporary, '/') + 1;
    write_file(temporary);
    write_file("late");
    assert_fails(atomic_file_commit(&file), ST_IO, "was not replaced");
    assert_untouched("late");
    assert_untouched(temporary); // hours of work, perhaps
    assert_ok(atomic_file_write_text(path_of("late"), "new"));
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    assert_fails(atomic_file_write_text(path_of("pipe"), "new"), ST_IO, "a pipe");
    struct stat there;
    assert_int_equal(stat(path_of("pipe"), &there), 0);
    assert_true(S_ISFIFO(there.st_mode));
}

static status make_shapes(bool replace)
{
    shard_series_result made[2];
    const synth_job job = {synth_find("shapes"), folder.path, 1, 3, 0, 16, replace};
    return synth_write(&job, made);
}

// Not only the first shard's name is looked at.
static void a_series_keeps_every_file_there_is(void **state)
{
    (void)state;
    write_file("train-00000.h5");
    assert_fails(make_shapes(false), ST_USAGE, "train-00000.h5 exists already");
    assert_untouched("train-00000.h5");
    unlink(path_of("train-00000.h5"));
    write_file("train-00001.h5"); // would be removed as left from a longer series
    assert_fails(make_shapes(false), ST_USAGE, "train-00001.h5 exists already");
    assert_untouched("train-00001.h5");
    assert_int_equal(mkfifo(path_of("train-00000.h5"), 0600), 0);
    assert_fails(make_shapes(true), ST_USAGE, "a pipe");
    unlink(path_of("train-00000.h5"));
    assert_ok(make_shapes(true));
    assert_int_equal(test_count(&folder), 1);
}

static void pack_does_not_write_over_its_sources(void **state)
{
    (void)state;
    write_file("x-00000.h5");
    write_file("x-00001.h5");
    const char *first = path_of("x-00000.h5"), *second = path_of("x-00001.h5");
    pack_job job = {.sources = &first,
                    .source_count = 1,
                    .destination = path_of("x"),
                    .raw = "u8:1x1x1",
                    .shard_size = 100,
                    .replace = true};
    pack_result result;
    assert_fails(pack(&job, &result), ST_USAGE, "to be read");
    job.sources = &second;
    assert_fails(pack(&job, &result), ST_USAGE, "to be read");
    assert_untouched("x-00000.h5");
    assert_untouched("x-00001.h5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
        TEST(an_existing_file_is_replaced_only_by_force),
        TEST(what_is_no_file_is_never_replaced),
        TEST(an_input_is_never_replaced_whatever_its_name),
        TEST(an_input_is_known_by_list_folder_glob_and_file_of_names),
        TEST(a_file_that_appears_meanwhile_stays),
        TEST(a_series_keeps_every_file_there_is),
        TEST(pack_does_not_write_over_its_sources),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
