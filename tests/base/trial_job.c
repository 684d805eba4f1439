// tests/base/trial_job.c -- the tables of the trial job, and how it is read.
#include "tests/base/trial_job.h"

#include "tests/check.h"

#include <stdlib.h>

#define TOP(member)      offsetof(top_config, member)
#define METHOD(member)   offsetof(method_config, member)
#define EVALUATE(member) offsetof(evaluate_config, member)

const config_field top_fields[] = {
    {"run", FIELD_TEXT, TOP(run), "runs/new", 0, 0, NULL, "the run folder"},
    {"seed", FIELD_INT, TOP(seed), "1", 0, 0, NULL, "of all random numbers"},
    {"batch", FIELD_INT, TOP(batch), "256", 1, 1e6, NULL, "global batch, samples"},
    {0}};

const config_field name_field[] = {
    {"name", FIELD_TEXT, METHOD(name), NULL, 0, 0, "moco|simclr|barlow", "of the method"}, {0}};

const config_field moco_fields[] = {
    {"temperature", FIELD_REAL, METHOD(temperature), "0.1", 1e-4, 100, NULL, "T"},
    {"momentum", FIELD_REAL, METHOD(momentum), "0.99", 0, 0, NULL, "of the keys' encoder"},
    {"symmetric", FIELD_BOOL, METHOD(symmetric), "false", 0, 0, NULL, "both views are queries"},
    {0}};

const config_field evaluate_fields[] = {
    {"every", FIELD_INT, EVALUATE(every), "10", 0, 1e9, NULL, "epochs"},
    {"knn.k", FIELD_INT, EVALUATE(k), "200", 1, 1e9, NULL, "neighbours"},
    {"knn.temperature", FIELD_REAL, EVALUATE(temperature), "0.1", 1e-4, 100, NULL, "T"},
    {0}};

status read_sections(config *c, job *j)
{
    TRY(config_read(c, "", (config_part[]){{top_fields, &j->top}, {0}}));
    TRY(config_read(c, "method",
                    (config_part[]){{name_field, &j->method}, {moco_fields, &j->method}, {0}}));
    TRY(config_read(c, "evaluate", (config_part[]){{evaluate_fields, &j->evaluate}, {0}}));
    return config_finish(c);
}

status read_job(const char *text, char *const *overrides, job *j, char **written)
{
    config *c;
    int override_count = 0;
    while (overrides != NULL && overrides[override_count] != NULL)
        override_count++;
    memset(j, 0, sizeof *j);
    TRY(config_parse(&c, text, "job.yaml", override_count, overrides));
    status result = read_sections(c, j);
    if (written != NULL) {
        size_t size;
        FILE *out = open_memstream(written, &size);
        assert_non_null(out);
        config_write(c, out);
        assert_int_equal(fclose(out), 0);
    }
    config_destroy(c);
    return result;
}
