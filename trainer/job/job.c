// trainer/job/job.c -- the field tables of a job's sections, and reading them in order.
#include "trainer/job/job.h"

#include "io/views/recipes.h"
#include "trainer/job/auto_values.h"
#include "trainer/job/job_place.h"
#include "trainer/job/data_section.h"
#include "trainer/job/plugins.h"
#include "trainer/run/stop.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define NO_LIMIT JOB_NO_LIMIT

static const config_field top_fields[] = {
    {"run", FIELD_TEXT, offsetof(job, run), NULL, 0, 0, NULL,
     "run folder; a folder with checkpoints is resumed"},
    {"seed", FIELD_INT, offsetof(job, seed), "1", 0, NO_LIMIT, NULL, "names all random draws"},
    {"workers", FIELD_INT, offsetof(job, workers), "1", 1, 65536, NULL,
     "logical workers V; any number of ranks that divides it gives the same bits"},
    {"batch", FIELD_INT, offsetof(job, batch), "256", 1, 16777216, NULL,
     "samples of one step over all workers; auto = an eighth of those of train, 16 to 256"},
    {"stop_after", FIELD_INT, offsetof(job, stop_after), "0", 0, NO_LIMIT, NULL,
     "stop, with a checkpoint, after so many steps in all; 0 = at the schedule's end"},
    {"max_time", FIELD_TEXT, offsetof(job, max_time), "", 0, 0, NULL,
     "stop, with a checkpoint and exit code 75, before this time is over: 11:50:00 or seconds"},
    {"threads", FIELD_INT, offsetof(job, threads), "1", 1, 1024, NULL,
     "kernel threads of a rank; part of the result's bits"},
    {"precision", FIELD_TEXT, offsetof(job, precision), "fp32", 0, 0, "fp32|bf16",
     "bf16: images between convolutions are rounded to 16 bits, which takes less memory; weights, "
     "sums and "
     "statistics stay float32. Products are of such numbers, too, where the processor has AVX-512 "
     "BF16"},
    {"conv", FIELD_TEXT, offsetof(job, conv), "auto", 0, 0, CONVOLUTION_WAYS,
     "convolutions: auto = Winograd's where it is faster; direct has the smallest rounding errors"},
    {"log_every", FIELD_INT, offsetof(job, log_every), "10", 1, NO_LIMIT, NULL,
     "steps between lines of metrics.jsonl; checkpoints have one, too"},
    {"trace", FIELD_BOOL, offsetof(job, trace), "false", 0, 0, NULL,
     "write trace.json, what all ranks did when, for ui.perfetto.dev"},
    {0}};

static const config_field model_fields[] = {
    {"net", FIELD_TEXT, offsetof(job_model, net), "resnet18", 0, 0, NULL, "encoder"},
    {"head", FIELD_TEXT, offsetof(job_model, head), "mlp", 0, 0, HEAD_KINDS, "projection head"},
    {"dim", FIELD_INT, offsetof(job_model, dim), "128", 1, 65536, NULL,
     "dimension of the embedding"},
    {"head_layers", FIELD_INT, offsetof(job_model, head_layers), "2", 1, 8, NULL,
     "fully connected layers of heads mlp and mlp_bn"},
    {"head_hidden", FIELD_INT, offsetof(job_model, head_hidden), "0", 0, 65536, NULL,
     "units between them; 0 = as many as the net has features"},
    {0}};

typedef struct named {
    char name[CONFIG_TEXT_SIZE];
    double lr;
} named;

typedef struct penalty_choice {
    char name[CONFIG_TEXT_SIZE], unit[CONFIG_TEXT_SIZE];
    double lambda;
} penalty_choice;

static const config_field method_fields[] = {
    {"name", FIELD_TEXT, offsetof(named, name), "moco", 0, 0, NULL, "method"}, {0}};

static const config_field optimizer_fields[] = {
    {"name", FIELD_TEXT, offsetof(named, name), "sgd", 0, 0, NULL, "optimizer"},
    {"lr", FIELD_REAL, offsetof(named, lr), "0.03", 0, 1e6, NULL,
     "learning rate before the schedule, for the global batch"},
    {0}};

static const config_field evaluate_fields[] = {
    {"every", FIELD_INT, offsetof(job_evaluate, every), "10", 0, NO_LIMIT, NULL,
     "epochs between evaluations; 0 = at the end only"},
    {"floors", FIELD_BOOL, offsetof(job_evaluate, floors), "true", 0, 0, NULL,
     "first evaluate raw pixels and the untrained net"},
    {"knn.k", FIELD_INT, offsetof(job_evaluate, knn_k), "200", 1, 100000, NULL,
     "neighbours; auto = the root of the number of training samples, at most 200"},
    {"knn.temperature", FIELD_REAL, offsetof(job_evaluate, knn_temperature), "0.1", 1e-3, 100, NULL,
     "a neighbour votes with exp(cosine / temperature)"},
    {"probe", FIELD_BOOL, offsetof(job_evaluate, probe), "false", 0, 0, NULL,
     "also fit a linear classifier to the features; basin eval does so in any case"},
    {"codes", FIELD_INT, offsetof(job_evaluate, codes), "1000", 1, NO_LIMIT, NULL,
     "of a method that infers codes: test samples to infer those of"},
    {0}};

static const config_field checkpoint_fields[] = {
    {"every", FIELD_INT, offsetof(job_checkpoint, every), "1", 0, NO_LIMIT, NULL,
     "epochs between checkpoints; 0 = at the end only"},
    {"minutes", FIELD_REAL, offsetof(job_checkpoint, minutes), "30", 0, 1e6, NULL,
     "write one also when the last is so many minutes old; 0 = never"},
    {"keep", FIELD_INT, offsetof(job_checkpoint, keep), "3", 1, 1000000, NULL,
     "newest checkpoints to keep; as many again of those between and after stops"},
    {"keep_every", FIELD_INT, offsetof(job_checkpoint, keep_every), "0", 0, NO_LIMIT, NULL,
     "also keep every so-manieth checkpoint for ever; 0 = none"},
    {0}};

static const config_field watch_fields[] = {{"stall", FIELD_REAL, offsetof(job_watch, stall), "300",
                                             0, 1e9, NULL,
                                             "end with exit code 76 and a table of who waits for "
                                             "whom after so many seconds in which no rank "
                                             "gets on; 0 = never"},
                                            {0}};

static const config_field encoder_fields[] = {
    {"name", FIELD_TEXT, offsetof(named, name), "none", 0, 0, NULL, "guesses codes in one pass"},
    {0}};

static const config_field decoder_fields[] = {
    {"name", FIELD_TEXT, offsetof(named, name), "convnet", 0, 0, NULL, "makes images of codes"},
    {0}};

static const config_field solver_fields[] = {
    {"name", FIELD_TEXT, offsetof(named, name), "working_set", 0, 0, NULL, "finds codes"}, {0}};

static const config_field penalty_fields[] = {
    {"name", FIELD_TEXT, offsetof(penalty_choice, name), "l1", 0, 0, NULL, "price R of a code"},
    {"lambda", FIELD_REAL, offsetof(penalty_choice, lambda), "0.1", 0, 1e12, NULL,
     "factor of R, in the unit below"},
    {"unit", FIELD_TEXT, offsetof(penalty_choice, unit), "relative", 0, 0, LAMBDA_UNITS,
     "absolute; relative to the lambda at which all codes of an image are 0; or density: the share "
     "of codes that shall not be 0"},
    {0}};

// Chooses the plug-in that `section` names under `key` and reads the section into `common` and the
// plug-in's own settings.
static status read_plugin(config *c, plugin_kind kind, const char *key, const char *initial,
                          const config_field *common, void *common_into, plugin_config *own,
                          plugin *chosen)
{
    char name[CONFIG_TEXT_SIZE];
    TRY(config_selected(c, key, initial, name));
    TRY(plugin_find(kind, name, config_place(c, key), chosen));
    ASSERT(chosen->config_size <= sizeof *own);
    return config_read_chosen(
        c, chosen->section, key,
        (const config_part[]){{common, common_into}, {chosen->fields, own}, {NULL, NULL}});
}

static status read_embedding(job *j, config *c)
{
    plugin chosen = {0};
    TRY(read_plugin(c, PLUGIN_NET, "model.net", "resnet18", model_fields, &j->model, &j->net_config,
                    &chosen));
    j->net = chosen.type;
    return ST_OK;
}

static status read_decoder(job *j, config *c)
{
    plugin chosen = {0};
    named chooser = {0};
    TRY(read_plugin(c, PLUGIN_DECODER, "decoder.name", "convnet", decoder_fields, &chooser,
                    &j->decoder_config, &chosen));
    j->decoder = (decoder){chosen.type, &j->decoder_config};
    return ST_OK;
}

static status read_inference(job *j, config *c)
{
    plugin chosen = {0};
    named code_encoder = {0}, solver = {0};
    penalty_choice penalty = {0};
    inference_choice *i = &j->inference;
    TRY(read_plugin(c, PLUGIN_ENCODER, "encoder.name", "none", encoder_fields, &code_encoder,
                    &j->encoder_config, &chosen));
    i->encoder = chosen.type;
    TRY(read_plugin(c, PLUGIN_PENALTY, "penalty.name", "l1", penalty_fields, &penalty,
                    &j->penalty_config, &chosen));
    i->penalty = chosen.type;
    TRY(read_plugin(c, PLUGIN_SOLVER, "solver.name", "working_set", solver_fields, &solver,
                    &j->solver_config, &chosen));
    i->solver = chosen.type;
    i->encoder_settings = &j->encoder_config;
    i->penalty_settings = &j->penalty_config;
    i->solver_settings = &j->solver_config;
    i->lambda = penalty.lambda;
    snprintf(i->lambda_unit, sizeof i->lambda_unit, "%s", penalty.unit);
    return ST_OK;
}

static status read_plugins(job *j, config *c)
{
    plugin chosen = {0};
    named method = {0}, optimizer = {0};
    char name[CONFIG_TEXT_SIZE];
    TRY(config_selected(c, "method.name", "moco", name));
    TRY(plugin_find(PLUGIN_METHOD, name, config_place(c, "method.name"), &chosen));
    j->method = chosen.type;
    if (j->method->sections & SECTION_MODEL) TRY(read_embedding(j, c));
    TRY(read_plugin(c, PLUGIN_METHOD, "method.name", "moco", method_fields, &method,
                    &j->method_config, &chosen));
    if (j->method->sections & SECTION_INFERENCE) TRY(read_inference(j, c));
    if (j->method->sections & SECTION_DECODER) TRY(read_decoder(j, c));
    TRY(read_plugin(c, PLUGIN_OPTIMIZER, "optimizer.name", "sgd", optimizer_fields, &optimizer,
                    &j->optimizer_config, &chosen));
    j->optimizer = chosen.type;
    j->lr = optimizer.lr;
    return ST_OK;
}

static status read_section(config *c, const char *section, const config_field *fields, void *into)
{
    return config_read(c, section, (const config_part[]){{fields, into}, {NULL, NULL}});
}

static status read_job(job *j, config *c)
{
    TRY(read_section(c, "", top_fields, j));
    TRY(read_section(c, "data", job_data_fields, &j->data));
    TRY(read_plugins(j, c));
    TRY(read_section(c, "schedule", schedule_fields, &j->schedule));
    TRY(schedule_check(&j->schedule, config_place(c, "schedule.milestones")));
    TRY(read_section(c, "evaluate", evaluate_fields, &j->evaluate));
    TRY(read_section(c, "checkpoint", checkpoint_fields, &j->checkpoint));
    TRY(read_section(c, "watch", watch_fields, &j->watch));
    TRY(config_finish(c));
    CHECK(j->batch % j->workers == 0, ST_CONFIG,
          "%s: batch: %lld samples cannot be dealt to %lld workers evenly; take a multiple of %lld",
          config_place(c, "batch"), (long long)j->batch, (long long)j->workers,
          (long long)j->workers);
    TRY(stop_parse_time(j->max_time, config_place(c, "max_time"), &j->max_seconds));
    TRY(job_data_check(j, c));
    return job_place_resolve(j, c);
}

static status load(job *j, const char *path, int override_count, char *const *overrides)
{
    *j = (job){0};
    config *c = NULL;
    TRY(config_load(&c, path, override_count, overrides));
    status s = read_job(j, c);
    config_destroy(c);
    return s;
}

static status load_from_place(job *j, const char *path, int override_count, char *const *overrides)
{
    char **placed;
    TRY(load(j, path, override_count, overrides));
    TRY(job_place_find(j, path));
    TRY(job_place_overrides(j, override_count, overrides, &placed));
    if (placed == NULL) return ST_OK;
    char from[CONFIG_TEXT_SIZE];
    snprintf(from, sizeof from, "%s", j->data_from);
    job_destroy(j);
    status s = load(j, path, override_count, placed);
    snprintf(j->data_from, sizeof j->data_from, "%s", from);
    job_place_free(placed, override_count);
    return s;
}

status job_load(job *j, const char *path, int override_count, char *const *overrides)
{
    char **all;
    int count;
    *j = (job){0};
    status s = auto_values_resolve(path, override_count, overrides, load_from_place, &all, &count);
    if (s == ST_OK)
        s = all != NULL ? load_from_place(j, path, count, all)
                        : load_from_place(j, path, override_count, overrides);
    auto_values_free(all, count);
    return s;
}

status job_parse(job *j, const char *text, const char *origin)
{
    *j = (job){0};
    config *c = NULL;
    TRY(config_parse(&c, text, origin, 0, NULL));
    status s = read_job(j, c);
    config_destroy(c);
    return s;
}

void job_destroy(job *j)
{
    free(j->resolved);
    *j = (job){0};
}

uint64_t job_hash(const job *j)
{
    ASSERT(j->resolved != NULL);
    return XXH3_64bits(j->resolved, strlen(j->resolved));
}

encoder job_encoder(const job *j)
{
    head h = {j->model.head, (int)j->model.dim, (int)j->model.head_layers,
              (int)j->model.head_hidden};
    convolution_way way = strcmp(j->conv, "direct") == 0     ? CONVOLUTION_DIRECT
                          : strcmp(j->conv, "winograd") == 0 ? CONVOLUTION_WINOGRAD
                                                             : CONVOLUTION_AUTO;
    return (encoder){
        j->net, &j->net_config, h, {.way = way, .bf16 = strcmp(j->precision, "bf16") == 0}};
}

static void help_common(FILE *out)
{
    config_help(out, "", top_fields);
    config_help(out, "data", job_data_fields);
    config_help(out, "model", model_fields);
    config_help(out, "method", method_fields);
    config_help(out, "encoder", encoder_fields);
    config_help(out, "decoder", decoder_fields);
    config_help(out, "penalty", penalty_fields);
    config_help(out, "solver", solver_fields);
    config_help(out, "optimizer", optimizer_fields);
    config_help(out, "schedule", schedule_fields);
    config_help(out, "evaluate", evaluate_fields);
    config_help(out, "checkpoint", checkpoint_fields);
    config_help(out, "watch", watch_fields);
    fprintf(out, "\nRecipes for data.augment:\n");
    for (const recipe *r = recipe_table; r->name != NULL; r++)
        fprintf(out, "  %-12s %s\n", r->name, r->help);
    fprintf(out, "\nMore keys belong to what is chosen; ask with --help NAME:\n");
    plugin p;
    for (plugin_kind kind = 0; kind < PLUGIN_KINDS; kind++)
        for (int i = 0; plugin_at(kind, i, &p); i++)
            fprintf(out, "  %-10s %-12s %s\n", p.kind, p.name, p.help);
}

bool job_help(FILE *out, const char *topic)
{
    if (topic[0] == '\0') {
        help_common(out);
        return true;
    }
    plugin p;
    for (plugin_kind kind = 0; kind < PLUGIN_KINDS; kind++) {
        for (int i = 0; plugin_at(kind, i, &p); i++) {
            if (strcmp(p.name, topic) != 0) continue;
            fprintf(out, "%s %s: %s\n\n", p.kind, p.name, p.help);
            config_help(out, p.section, p.fields);
            return true;
        }
    }
    return false;
}
