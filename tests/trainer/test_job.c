// A job file becomes a struct: defaults, plug-ins' own keys, and errors that say where.
#include "tests/check.h"

#include "trainer/job/job.h"

#include <stdio.h>
#include <stdlib.h>

#define MINIMAL "run: out\ndata: {train: a.h5}\n"

static void minimal_job_has_defaults(void **state)
{
    (void)state;
    job j;
    assert_ok(job_parse(&j, MINIMAL, "job.yaml"));
    assert_int_equal(j.workers, 1);
    assert_int_equal(j.evaluate.knn_k, 200);
    assert_string_equal(j.data.labels, "/labels");
    assert_string_equal(j.net->name, "resnet18");
    assert_string_equal(j.method->name, "moco");
    job_destroy(&j);
}

// What is kept beside the results reads back as the same job, and is its own fixed point.
static void resolved_job_reads_back_equal(void **state)
{
    (void)state;
    job first, second;
    assert_ok(job_parse(&first,
                        MINIMAL "seed: 7\nworkers: 3\nbatch: 9\n"
                                "model: {net: convnet, width: 12}\n"
                                "method: {name: moco, temperature: 0.07}\n"
                                "optimizer: {name: sgd, lr: 0.1}\n",
                        "job.yaml"));
    assert_ok(job_parse(&second, first.resolved, "resolved"));
    assert_string_equal(first.resolved, second.resolved);
    assert_memory_equal(&first.method_config, &second.method_config, sizeof first.method_config);
    assert_memory_equal(&first.net_config, &second.net_config, sizeof first.net_config);
    assert_true(first.lr == second.lr && second.seed == 7 && second.batch == 9);
    job_destroy(&first);
    job_destroy(&second);
}

// A key of one net is unknown to another; the message says where and which key is near.
static void plugin_keys_belong_to_their_plugin(void **state)
{
    (void)state;
    job j;
    assert_fails(job_parse(&j, MINIMAL "model: {net: convnet, stem: cifar}\n", "job.yaml"),
                 ST_CONFIG, "job.yaml:3:");
    job_destroy(&j);
    assert_fails(job_parse(&j, MINIMAL "method: {tempreature: 1}\n", "job.yaml"), ST_CONFIG,
                 "'temperature'");
    job_destroy(&j);
    assert_fails(job_parse(&j, MINIMAL "method: {name: mocco}\n", "job.yaml"), ST_CONFIG,
                 "did you mean 'moco'");
    job_destroy(&j);
}

static void batch_must_be_dealt_evenly(void **state)
{
    (void)state;
    job j;
    assert_fails(job_parse(&j, MINIMAL "workers: 3\nbatch: 100\n", "job.yaml"), ST_CONFIG,
                 "multiple of 3");
    job_destroy(&j);
}

static void help_knows_every_plugin(void **state)
{
    (void)state;
    const char *const topics[] = {"", "moco", "resnet18", "convnet", "sgd"};
    for (int i = 0; i < 5; i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        assert_true(job_help(out, topics[i]));
        assert_int_equal(fclose(out), 0);
        if (i == 1) assert_non_null(strstr(text, "temperature"));
        assert_true(size > 40);
        free(text);
    }
    assert_false(job_help(NULL, "moccoo"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minimal_job_has_defaults),
        cmocka_unit_test(resolved_job_reads_back_equal),
        cmocka_unit_test(plugin_keys_belong_to_their_plugin),
        cmocka_unit_test(batch_must_be_dealt_evenly),
        cmocka_unit_test(help_knows_every_plugin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
