// Where relative paths of data start: from the working directory, the job's own folder, or the
// folder that a run's job.yaml names.
#include "tests/check.h"
#include "tests/io/folder.h"

#include "trainer/job/job_place.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOB "run: r\nbatch: 4\nworkers: 1\ndata: {train: images/a.h5, test: images/b.h5}\n"

static test_folder root;
static char real[PATH_MAX]; // the root's own name
static const char *const folders[] = {"project", "project/images", "project/run", "elsewhere",
                                      "elsewhere/images"};
static const char *const files[] = {"project/job.yaml", "project/images/a.h5",
                                    "project/images/b.h5", "project/run/job.yaml",
                                    "elsewhere/images/c.h5"};

static int make_project(void **state)
{
    (void)state;
    if (test_folder_create(&root) != 0 || realpath(root.path, real) == NULL) return -1;
    for (int i = 0; i < 5; i++)
        if (mkdir(test_path(&root, folders[i]), 0777) != 0) return -1;
    for (int i = 0; i < 5; i++)
        test_write(&root, files[i], JOB, sizeof JOB - 1);
    return 0;
}

static int remove_project(void **state)
{
    (void)state;
    status_clear();
    if (chdir("/") != 0) return -1;
    for (int i = 0; i < 5; i++)
        unlink(test_path(&root, files[i]));
    for (int i = 4; i >= 0; i--)
        rmdir(test_path(&root, folders[i]));
    return test_folder_remove(&root);
}

static void go_to(const char *name)
{
    assert_int_equal(chdir(test_path(&root, name)), 0);
}

// The folder in the root that data paths of the job at `path` start from.
static void expect_from(const char *path, const char *name)
{
    job j;
    char folder[PATH_MAX], wanted[3 * PATH_MAX];
    assert_ok(job_load(&j, path, 0, NULL));
    snprintf(wanted, sizeof wanted, "%s%s%s", real, name[0] != '\0' ? "/" : "", name);
    assert_non_null(realpath(j.data_from[0] != '\0' ? j.data_from : ".", folder));
    assert_string_equal(folder, wanted);
    dataset_source source = job_source(&j, j.data.train);
    assert_ptr_equal(source.from, j.data_from);
    source = job_source(&j, "others.h5");
    assert_null(source.from);
    job_destroy(&j);
}

static void paths_start_from_here_or_from_the_job(void **state)
{
    (void)state;
    go_to("project");
    expect_from("job.yaml", "project");
    go_to("elsewhere");
    expect_from("../project/job.yaml", "project");
    test_write(&root, "elsewhere/images/c.h5", "", 0);
    assert_int_equal(rename(test_path(&root, "elsewhere/images/c.h5"),
                            test_path(&root, "elsewhere/images/a.h5")),
                     0);
    expect_from("../project/job.yaml", "elsewhere"); // here is first
    assert_int_equal(rename(test_path(&root, "elsewhere/images/a.h5"),
                            test_path(&root, "elsewhere/images/c.h5")),
                     0);
}

// Keeps the job as a run folder does.
static uint64_t keep_job(void)
{
    job j;
    char *text;
    go_to("project");
    assert_ok(job_load(&j, "job.yaml", 0, NULL));
    assert_null(strstr(j.resolved, "from:"));
    assert_ok(job_place_text(&j, &text));
    uint64_t hash = job_hash(&j);
    test_write(&root, "project/run/job.yaml", text, strlen(text));
    free(text);
    job_destroy(&j);
    return hash;
}

static void a_run_keeps_where_its_paths_start(void **state)
{
    (void)state;
    job j;
    uint64_t hash = keep_job();
    go_to("elsewhere");
    expect_from("../project/run/job.yaml", "project");
    assert_ok(job_load(&j, "../project/run/job.yaml", 0, NULL));
    assert_int_equal(job_hash(&j), hash); // the same job, wherever it is read
    assert_string_equal(j.data.train, "images/a.h5");
    job_destroy(&j);
}

static void paths_of_the_command_line_start_from_here(void **state)
{
    (void)state;
    job j;
    char wanted[3 * PATH_MAX], *const overrides[] = {"data.test=images/c.h5,more/*.h5", "batch=8",
                                                     "data.labels=y.h5:/y", "data.test_labels=/y"};
    (void)keep_job();
    go_to("elsewhere");
    assert_ok(job_load(&j, "../project/run/job.yaml", 4, overrides));
    snprintf(wanted, sizeof wanted, "%s/elsewhere/images/c.h5,%s/elsewhere/more/*.h5", real, real);
    assert_string_equal(j.data.test, wanted);
    snprintf(wanted, sizeof wanted, "%s/elsewhere/y.h5:/y", real);
    assert_string_equal(j.data.labels, wanted);
    assert_string_equal(j.data.test_labels, "/y");
    assert_string_equal(j.data.train, "images/a.h5");
    assert_int_equal(j.batch, 8);
    snprintf(wanted, sizeof wanted, "%s/project", real);
    assert_string_equal(j.data_from, wanted);
    job_destroy(&j);
    go_to("project"); // where both start from one place, the text stays
    assert_ok(job_load(&j, "run/job.yaml", 2, overrides));
    assert_string_equal(j.data.test, "images/c.h5,more/*.h5");
    job_destroy(&j);
}

static void a_folder_that_is_gone_is_left_aside(void **state)
{
    (void)state;
    static const char gone[] = "run: r\nbatch: 4\nworkers: 1\n"
                               "data: {train: images/a.h5, from: /no/such/folder}\n";
    test_write(&root, "project/run/job.yaml", gone, sizeof gone - 1);
    go_to("project");
    expect_from("run/job.yaml", "project");
}

static void what_tests_is_named_once(void **state)
{
    (void)state;
    job j;
    char *const both[] = {"data.test_every=10"},
                *const one[] = {"data.test_every=10", "data.test="},
                *const all[] = {"data.test_every=1", "data.test="},
                *const labels[] = {"data.labels=y.h5:/y"};
    go_to("project");
    assert_fails(job_load(&j, "job.yaml", 1, both), ST_CONFIG, "data.test= or data.test_every=0");
    job_destroy(&j);
    assert_fails(job_load(&j, "job.yaml", 2, all), ST_CONFIG, "would hold all images out");
    job_destroy(&j);
    assert_fails(job_load(&j, "job.yaml", 1, labels), ST_CONFIG, "data.test_labels");
    job_destroy(&j);
    assert_ok(job_load(&j, "job.yaml", 2, one));
    assert_true(job_has_test(&j));
    dataset_source train = job_source(&j, j.data.train), test = job_source(&j, j.data.test);
    assert_string_equal(test.files, "images/a.h5");
    assert_true(train.part.every == 10 && !train.part.held_out);
    assert_true(test.part.every == 10 && test.part.held_out);
    job_destroy(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(paths_start_from_here_or_from_the_job, make_project,
                                        remove_project),
        cmocka_unit_test_setup_teardown(a_run_keeps_where_its_paths_start, make_project,
                                        remove_project),
        cmocka_unit_test_setup_teardown(paths_of_the_command_line_start_from_here, make_project,
                                        remove_project),
        cmocka_unit_test_setup_teardown(a_folder_that_is_gone_is_left_aside, make_project,
                                        remove_project),
        cmocka_unit_test_setup_teardown(what_tests_is_named_once, make_project, remove_project),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
