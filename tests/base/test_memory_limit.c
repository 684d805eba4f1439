// Limits of control groups, from files as kernels write them, in a folder that stands for the root;
// and what is said of who would take more than its share.
#include "tests/check.h"

#include "base/memory_limit.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/basin-limits-XXXXXX");
    return mkdtemp(root) != NULL ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

static int remove_root(void **state)
{
    (void)state;
    return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

// With all folders above it.
static void put(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s%s", root, name);
    for (char *slash = strchr(path + strlen(root) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        assert_true(mkdir(path, 0700) == 0 || access(path, F_OK) == 0);
        *slash = '/';
    }
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

// The limit of the group of this name in what was found; 0: none.
static double limit_of(const memory_limits *found, const char *name)
{
    for (int i = 1; i < found->count; i++)
        if (strstr(found->list[i].name, name) != NULL) return found->list[i].bytes;
    return 0;
}

static memory_limits find(void)
{
    memory_limits found;
    memory_limits_find(&found, root);
    assert_true(found.count >= 1 && found.list[0].bytes > 1e6);
    assert_string_equal(found.list[0].name, "this machine has");
    assert_string_equal(status_message(), "");
    return found;
}

static void without_groups_the_machine_is_the_limit(void **state)
{
    (void)state;
    assert_int_equal(find().count, 1);
    put("/proc/self/cgroup", "");
    assert_int_equal(find().count, 1);
    put("/proc/self/cgroup", "nonsense\n:\n::\n0::\n4:memory\n0::relative\n");
    assert_int_equal(find().count, 1);
    put("/proc/self/cgroup", "0::/nobody/knows\n");
    assert_int_equal(find().count, 1);
}

static void version_2_own_group_and_those_above(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/system.slice/job_7/step_0\n");
    put("/sys/fs/cgroup/system.slice/memory.max", "max\n");
    put("/sys/fs/cgroup/system.slice/job_7/memory.max", "8000000000\n");
    put("/sys/fs/cgroup/system.slice/job_7/step_0/memory.max", "max\n");
    memory_limits found = find();
    assert_int_equal(found.count, 2);
    assert_float_equal(limit_of(&found, " /system.slice/job_7 allows"), 8e9, 0);
    put("/sys/fs/cgroup/system.slice/job_7/step_0/memory.max", "2000000000\n");
    put("/sys/fs/cgroup/memory.max", "9000000000\n");
    found = find();
    assert_int_equal(found.count, 4);
    assert_float_equal(limit_of(&found, "/step_0 allows"), 2e9, 0);
    assert_float_equal(limit_of(&found, "group / allows"), 9e9, 0);
}

static void version_1_by_its_list_of_controllers(void **state)
{
    (void)state;
    put("/proc/self/cgroup",
        "9:cpuset:/a\n4:cpu,memory:/slurm/job_3\n3:memoryless:/b\n1:name=systemd:/\n");
    put("/sys/fs/cgroup/memory/slurm/job_3/memory.limit_in_bytes", "3000000000\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"); // none
    put("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1\n");
    put("/sys/fs/cgroup/memory/b/memory.limit_in_bytes", "1\n");
    memory_limits found = find();
    assert_int_equal(found.count, 2);
    assert_float_equal(limit_of(&found, "/slurm/job_3 allows"), 3e9, 0);
}

// Inside a container the group's name is that outside, and its files stand at the top.
static void a_container_sees_its_own_group_at_the_top(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "4:memory:/docker/0123abc\n0::/docker/0123abc\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "1500000000\n");
    memory_limits found = find();
    assert_float_equal(limit_of(&found, "group / allows"), 1.5e9, 0);
}

static void of_many_groups_the_tightest_are_kept(void **state)
{
    (void)state;
    char group[256] = "", line[300], path[400], text[32];
    for (int depth = 1; depth <= 20; depth++) {
        snprintf(group + strlen(group), sizeof group - strlen(group), "/g%d", depth);
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", group);
        snprintf(text, sizeof text, "%d\n", depth == 9 ? 1000000 : 1000000000 + depth);
        put(path, text);
    }
    snprintf(line, sizeof line, "0::%s\n", group);
    put("/proc/self/cgroup", line);
    memory_limits found = find();
    assert_int_equal(found.count, MEMORY_LIMITS);
    assert_float_equal(limit_of(&found, "/g9 allows"), 1e6, 0);
}

static memory_limits made(double machine, double group)
{
    memory_limits l = {.count = 2};
    l.list[0] = (memory_limit){.bytes = machine, .name = "this machine has"};
    l.list[1] = (memory_limit){.bytes = group, .id = 7, .name = "control group /job_7 allows"};
    return l;
}

static void the_tightest_share_is_told(void **state)
{
    (void)state;
    memory_limits l = made(16e9, 6e9);
    memory_limits_share(&l, (const int[]){4, 1}); // 4 GB and 6 GB
    assert_float_equal(memory_limit_bytes(), 4e9, 0);
    assert_ok(memory_limit_check("the queue", 3e9, 1e9));
    assert_fails(
        memory_limit_check("the queue", 3.1e9, 1e9), ST_CONFIG,
        "the queue would take 3.10 GB in each rank, beside 1.00 GB of other things, but this "
        "machine has 16.00 GB for 4 ranks, 4.00 GB for each");
    memory_limits_share(&l, (const int[]){4, 4}); // 4 GB and 1.5 GB
    assert_fails(memory_limit_check("the queue", 2e9, 0), ST_CONFIG,
                 "control group /job_7 allows 6.00 GB for 4 ranks, 1.50 GB for each");
    memory_limits_share(&l, (const int[]){1, 1});
    assert_fails(memory_limit_check("the queue", 7e9, 0), ST_CONFIG,
                 "but control group /job_7 allows 6.00 GB; use");
    assert_fails(memory_limit_check("the queue", 1e30, 0), ST_CONFIG, "the queue would take");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_groups_the_machine_is_the_limit, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(version_2_own_group_and_those_above, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(version_1_by_its_list_of_controllers, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(a_container_sees_its_own_group_at_the_top, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(of_many_groups_the_tightest_are_kept, make_root,
                                        remove_root),
        cmocka_unit_test(the_tightest_share_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
