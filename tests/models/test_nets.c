// The nets: torchvision's names and shapes, whole gradients, the flat arrays that graphs share.
#include "tests/check.h"
#include "tests/models/random_floats.h"

#include "base/rng.h"
#include "models/graph/graph.h"
#include "models/nets/head.h"
#include "models/kernels/convolution/convolution.h"
#include "models/kernels/lanes.h"
#include "models/nets/net.h"
#include "models/nets/resnet.h"

#include <math.h>
#include <stdlib.h>

#include "tests/golden/resnet18_names.h"
#include "tests/golden/resnet34_names.h"
#include "tests/golden/resnet50_names.h"

// A config of `net` by its own fields.
static void *configure(const net_type *net, const char *text)
{
    void *settings = calloc(1, net->config_size);
    assert_non_null(settings);
    config *c = NULL;
    assert_ok(config_parse(&c, text, net->name, 0, NULL));
    assert_ok(config_read(c, "", (const config_part[]){{net->fields, settings}, {NULL, NULL}}));
    config_destroy(c);
    return settings;
}

// Adds `net` after an input called images; returns the map.
static int build_map(graph *g, const char *name, const char *text, shape images)
{
    const net_type *net = net_find(name);
    assert_non_null(net);
    void *settings = configure(net, text);
    int map = net->build(g, settings, graph_input(g, "images", images, false));
    free(settings);
    if (map < 0) fail_msg("%s: %s", name, status_message());
    return map;
}

// The same, and its features, which are returned.
static int build(graph *g, const char *name, const char *text, shape images)
{
    return net_features(g, net_find(name), build_map(g, name, text, images));
}

// "layer1.0.conv1.weight 64x64x3x3"
static void describe(const graph_param *p, char *text, size_t size)
{
    int length = snprintf(text, size, "%s ", p->name);
    for (int d = 0; d < p->spec.rank; d++)
        length += snprintf(text + length, size - (size_t)length, "%s%d", d > 0 ? "x" : "",
                           p->spec.dims[d]);
}

static void assert_listed(const char *const *names, const graph_param *p)
{
    char text[GRAPH_NAME_SIZE + 64];
    describe(p, text, sizeof text);
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], text) == 0) return;
    fail_msg("torchvision has no %s", text);
}

static void check_names(const char *net, const char *const *names)
{
    graph *g;
    assert_ok(graph_create(&g, false));
    build(g, net, "{}", (shape){1, 3, 32, 32});
    int expected = 0, found = 0;
    while (names[expected] != NULL)
        expected++;
    const graph_param *p;
    for (int i = 0; (p = graph_param_at(g, i)) != NULL; i++, found++)
        assert_listed(names, p);
    for (int i = 0; (p = graph_statistic_at(g, i)) != NULL; i++, found++)
        assert_listed(names, p);
    assert_int_equal(found, expected);
    graph_destroy(g);
}

static void resnets_have_torchvisions_names_and_shapes(void **state)
{
    (void)state;
    check_names("resnet18", resnet18_names);
    check_names("resnet34", resnet34_names);
    check_names("resnet50", resnet50_names);
}

static void every_net_gives_one_vector_a_sample(void **state)
{
    (void)state;
    for (int i = 0; net_table[i] != NULL; i++) {
        assert_ptr_equal(net_find(net_table[i]->name), net_table[i]);
        graph *g;
        assert_ok(graph_create(&g, false));
        shape s = graph_shape(
            g, build(g, net_table[i]->name, net_table[i]->example, (shape){2, 3, 32, 32}));
        assert_true(s.n == 2 && s.c >= 8 && s.h == 1 && s.w == 1);
        graph_destroy(g);
    }
    assert_null(net_find("no such net"));
}

// Images of 32 x 32, twice as high ones: a map twice as high, of as many channels as features.
static void a_map_has_the_features_of_each_place(void **state)
{
    (void)state;
    for (int i = 0; net_table[i] != NULL; i++) {
        const net_type *net = net_table[i];
        graph *g;
        assert_ok(graph_create(&g, false));
        int map = build_map(g, net->name, net->example, (shape){2, 3, 64, 32});
        shape places = graph_shape(g, map), pooled = graph_shape(g, net_features(g, net, map));
        assert_true(places.n == 2 && places.c == pooled.c && pooled.h * pooled.w == 1);
        assert_true(net->pools ? places.h == 2 * places.w : places.h * places.w == 1);
        graph_destroy(g);
    }
}

static const head mlp = {"mlp", 6, 2, 0};

// A graph with its weights, ready to run.
typedef struct machine {
    graph *g;
    int out;
    float *params, *statistics, *batch_statistics, *dparams, *images;
} machine;

// `portions`: bytes, as of graph_set_portions.
static void start_with(machine *m, arithmetic a, size_t portions, const char *net, const char *text,
                       shape images, bool keep_all)
{
    assert_ok(graph_create(&m->g, true));
    graph_set_arithmetic(m->g, a);
    graph_set_portions(m->g, portions);
    int features = build(m->g, net, text, images);
    m->out = head_build(m->g, &mlp, features);
    for (int id = 1; keep_all && id < m->out; id++)
        graph_keep(m->g, id);
    graph_keep(m->g, m->out);
    assert_ok(graph_plan(m->g));
    size_t params = graph_param_count(m->g), statistics = graph_statistic_count(m->g);
    m->params = calloc(params, sizeof(float));
    m->dparams = calloc(params, sizeof(float));
    m->statistics = calloc(statistics, sizeof(float));
    m->batch_statistics = calloc(statistics, sizeof(float));
    assert_true(m->params && m->dparams && m->statistics && m->batch_statistics);
    graph_initialise(m->g, 3, m->params, m->statistics);
    m->images = random_floats(shape_count(images), 1);
    graph_bind(m->g, m->params, m->statistics);
    graph_set_input(m->g, 0, m->images);
    graph_prepare(m->g);
}

static void start(machine *m, const char *net, const char *text, shape images, bool keep_all)
{
    start_with(m, (arithmetic){0}, 0, net, text, images, keep_all);
}

static void stop(machine *m)
{
    graph_destroy(m->g);
    free(m->params), free(m->dparams), free(m->statistics), free(m->batch_statistics);
    free(m->images);
}

// What any processor plans: its layouts, and who multiplies what. A release on each plans and runs
// all of them.
static const arithmetic ways[] = {
    {.block = 1},
    {.block = 8},
    {.block = 16},
    {.bf16 = true, .products = BF16_NEVER, .block = 8},
    {.bf16 = true, .products = BF16_NEVER, .block = 16},
    {.bf16 = true, .products = BF16_ALWAYS, .block = 8},
    {.bf16 = true, .products = BF16_ALWAYS, .block = 16},
    {.way = CONVOLUTION_DIRECT, .bf16 = true, .products = BF16_ALWAYS, .block = 8},
    {.way = CONVOLUTION_DIRECT, .bf16 = true, .products = BF16_ALWAYS, .block = 16},
};
enum { WAYS = sizeof ways / sizeof *ways };

typedef struct tiny_net {
    const char *name, *config;
    shape images;
    bool differences; // smooth enough to check gradients by differences
} tiny_net;

// Widths that are no multiple of 16 give layouts that change from layer to layer.
static const tiny_net tiny_nets[] = {
    {"resnet18", "{width: 4, stem: cifar}", {16, 3, 16, 16}, true},
    {"resnet18", "{width: 16, stem: imagenet, init: fan_out}", {3, 3, 32, 32}, false},
    {"resnet50", "{width: 4, stem: cifar}", {3, 1, 12, 12}, false},
    {"convnet", "{width: 8}", {16, 3, 16, 16}, true},
    {"convnet", "{width: 8, norm: group}", {4, 3, 16, 16}, false},
    {"resnet18", "{width: 8, stem: cifar, norm: group}", {2, 3, 16, 16}, false},
    {"convnet", "{width: 5}", {8, 2, 17, 14}, true},
    {0},
};

static void run_twice(machine *m)
{
    for (int pass = 0; pass < 2; pass++) {
        graph_forward(m->g, true, m->out, m->batch_statistics);
        graph_backward(m->g, m->out, 1.0f, m->dparams);
    }
}

// Every value kept, and memory shared.
static void compare_kept(const tiny_net *net, arithmetic a, size_t portions)
{
    machine m[2];
    for (int keep_all = 0; keep_all < 2; keep_all++) {
        start_with(&m[keep_all], a, portions, net->name, net->config, net->images, keep_all);
        run_twice(&m[keep_all]);
    }
    const graph *g = m[0].g;
    assert_true(graph_bytes(g) < graph_bytes(m[1].g));
    assert_memory_equal(graph_value(g, m[0].out), graph_value(m[1].g, m[1].out),
                        shape_count(graph_shape(g, m[0].out)) * sizeof(float));
    assert_memory_equal(m[0].dparams, m[1].dparams, graph_param_count(g) * sizeof(float));
    assert_memory_equal(m[0].batch_statistics, m[1].batch_statistics,
                        graph_statistic_count(g) * sizeof(float));
    stop(&m[0]), stop(&m[1]);
}

// Two samples of the first layers, more of the later ones.
enum { FEW_BYTES = 1 << 14 };

static void shared_memory_changes_no_bit(void **state)
{
    (void)state;
    for (const tiny_net *net = tiny_nets; net->name != NULL; net++) {
        compare_kept(net, (arithmetic){0}, 0);
        compare_kept(net, (arithmetic){0}, FEW_BYTES);
    }
    compare_kept(&tiny_nets[1], (arithmetic){.bf16 = true}, (size_t)4 * FEW_BYTES);
}

// By whole batches, or by few samples; the second net by both.
static void every_processors_way_is_planned_and_runs(void **state)
{
    (void)state;
    static const tiny_net nets[] = {
        {"resnet18", "{width: 16, stem: imagenet}", {3, 3, 16, 16}, false},
        {"convnet", "{width: 8}", {4, 3, 16, 16}, false},
        {"convnet", "{width: 8, norm: group}", {2, 3, 16, 16}, false},
    };
    for (int n = 0; n < 3; n++)
        for (int i = 0; i < WAYS; i++) {
            compare_kept(&nets[n], ways[i], i % 2 == 0 ? 0 : FEW_BYTES);
            if (n == 1) compare_kept(&nets[n], ways[i], i % 2 == 0 ? FEW_BYTES : 0);
        }
}

static void assert_near(const float *a, const float *b, size_t count, double tolerance)
{
    double apart = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        apart += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
        size += (double)a[i] * (double)a[i];
    }
    assert_true(apart <= tolerance * tolerance * size);
}

// Nor without a backward pass, by which values pass that are else remade.
static void portions_change_only_rounding(void **state)
{
    (void)state;
    for (const tiny_net *net = tiny_nets; net->name != NULL; net++) {
        machine whole, parts;
        start_with(&whole, (arithmetic){0}, 0, net->name, net->config, net->images, false);
        start_with(&parts, (arithmetic){0}, FEW_BYTES, net->name, net->config, net->images, false);
        run_twice(&whole), run_twice(&parts);
        assert_near(graph_value(whole.g, whole.out), graph_value(parts.g, parts.out),
                    shape_count(graph_shape(whole.g, whole.out)), 1e-4);
        assert_near(whole.dparams, parts.dparams, graph_param_count(whole.g), 1e-3);
        assert_near(whole.batch_statistics, parts.batch_statistics, graph_statistic_count(whole.g),
                    1e-4);
        stop(&whole), stop(&parts);
    }
}

// Sum of outputs with the weights moved by h v.
static double moved_loss(machine *m, float *moved, const float *v, double h)
{
    size_t count = graph_param_count(m->g);
    for (size_t i = 0; i < count; i++)
        moved[i] = m->params[i] + (float)h * v[i];
    graph_bind(m->g, moved, m->statistics);
    graph_prepare(m->g);
    graph_forward(m->g, true, m->out, NULL);
    double sum = 0;
    for (size_t i = 0; i < shape_count(graph_shape(m->g, m->out)); i++)
        sum += (double)graph_value(m->g, m->out)[i];
    return sum;
}

// Random directions through all weights of a net. Many ReLU kinks lie between the two points, and
// make some differences rough: most directions must agree, not all.
static void gradients_of_whole_nets_match_differences(void **state)
{
    (void)state;
    enum { DIRECTIONS = 8 };
    for (const tiny_net *net = tiny_nets; net->name != NULL; net++) {
        if (!net->differences) continue;
        machine m;
        start(&m, net->name, net->config, net->images, false);
        graph_forward(m.g, true, m.out, NULL);
        graph_backward(m.g, m.out, 1.0f, m.dparams);
        size_t count = graph_param_count(m.g);
        float *moved = calloc(count, sizeof *moved);
        assert_non_null(moved);
        int agree = 0;
        for (uint64_t d = 0; d < DIRECTIONS; d++) {
            float *v = random_floats(count, 100 + d);
            double expected = 0, squares = 0;
            for (size_t i = 0; i < count; i++) {
                expected += (double)m.dparams[i] * (double)v[i];
                squares += (double)m.dparams[i] * (double)m.dparams[i];
            }
            const double h = 1.2e-5;
            double numeric = (moved_loss(&m, moved, v, h) - moved_loss(&m, moved, v, -h)) / (2 * h);
            agree += fabs(numeric - expected) < 0.08 * sqrt(squares);
            free(v);
        }
        free(moved);
        if (agree < DIRECTIONS * 3 / 4)
            fail_msg("%s %s: %d of %d directions agree", net->name, net->config, agree, DIRECTIONS);
        stop(&m);
    }
}

// A graph without head or backward pass reads the weights of one with both.
static void graphs_of_a_net_share_their_weights(void **state)
{
    (void)state;
    for (int i = 0; net_table[i] != NULL; i++) {
        graph *training, *evaluation;
        const shape images = {4, 3, 32, 32};
        assert_ok(graph_create(&training, true));
        head_build(training, &mlp,
                   build(training, net_table[i]->name, net_table[i]->example, images));
        assert_ok(graph_create(&evaluation, false));
        build(evaluation, net_table[i]->name, net_table[i]->example, (shape){7, 3, 32, 32});
        const graph_param *p, *q;
        for (int k = 0; (q = graph_param_at(evaluation, k)) != NULL; k++) {
            p = graph_param_at(training, k);
            assert_string_equal(p->name, q->name);
            assert_true(p->offset == q->offset && p->count == q->count);
        }
        for (int k = 0; (q = graph_statistic_at(evaluation, k)) != NULL; k++) {
            p = graph_statistic_at(training, k);
            assert_string_equal(p->name, q->name);
            assert_true(p->offset == q->offset && p->count == q->count);
        }
        assert_true(graph_param_count(training) > graph_param_count(evaluation));
        graph_destroy(training), graph_destroy(evaluation);
    }
}

// The parameters of each kind, in order, with PyTorch's names; and dim channels at the end.
static void heads_are_the_published_ones(void **state)
{
    (void)state;
    const struct {
        head head;
        const char *params[8];
    } cases[] = {
        {{"linear", 6, 2, 0}, {"fc.weight 6 20", "fc.bias 6"}},
        {{"mlp", 6, 2, 0},
         {"fc.0.weight 20 20", "fc.0.bias 20", "fc.2.weight 6 20", "fc.2.bias 6"}},
        {{"mlp", 6, 1, 9}, {"fc.0.weight 6 20", "fc.0.bias 6"}},
        {{"mlp_bn", 6, 2, 9},
         {"fc.0.weight 9 20", "fc.1.weight 9", "fc.1.bias 9", "fc.3.weight 6 9"}},
        {{"mlp_bn", 6, 3, 0},
         {"fc.0.weight 20 20", "fc.1.weight 20", "fc.1.bias 20", "fc.3.weight 20 20",
          "fc.4.weight 20", "fc.4.bias 20", "fc.6.weight 6 20"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        graph *g;
        assert_ok(graph_create(&g, false));
        int x = graph_input(g, "features", (shape){4, 20, 1, 1}, false);
        shape s = graph_shape(g, head_build(g, &cases[i].head, x));
        assert_true(s.n == 4 && s.c == 6 && s.h == 1 && s.w == 1);
        int count = 0;
        for (const graph_param *p; (p = graph_param_at(g, count)) != NULL; count++) {
            char said[GRAPH_NAME_SIZE + 32];
            int length = snprintf(said, sizeof said, "%s %d", p->name, p->spec.dims[0]);
            if (p->spec.rank > 1)
                snprintf(said + length, sizeof said - (size_t)length, " %d", p->spec.dims[1]);
            assert_string_equal(said, cases[i].params[count]);
        }
        assert_null(cases[i].params[count]);
        graph_destroy(g);
    }
}

// An encoder whose gradient nobody wants holds only what its widest place needs.
static void encoding_needs_little_memory(void **state)
{
    (void)state;
    size_t bytes[2];
    for (int backward = 0; backward < 2; backward++) {
        graph *g;
        assert_ok(graph_create(&g, backward));
        graph_keep(g, build(g, "resnet18", "{width: 8, stem: cifar}", (shape){32, 3, 32, 32}));
        assert_ok(graph_plan(g));
        bytes[backward] = graph_bytes(g);
        graph_destroy(g);
    }
    assert_true(bytes[0] < bytes[1] / 2);
}

// An encoder in the memory of another graph, as a key encoder is: the same values, no memory of its
// own.
static void graph_in_another_ones_memory_gives_the_same(void **state)
{
    (void)state;
    machine host;
    shape images = {4, 3, 16, 16};
    start(&host, "resnet18", "{width: 8, stem: cifar}", images, false);
    graph_forward(host.g, true, host.out, NULL);
    size_t count = shape_count(graph_shape(host.g, host.out));
    float *expected = calloc(count, sizeof *expected);
    assert_non_null(expected);
    memcpy(expected, graph_value(host.g, host.out), count * sizeof *expected);
    graph *guest;
    assert_ok(graph_create(&guest, false));
    int out = head_build(guest, &mlp, build(guest, "resnet18", "{width: 8, stem: cifar}", images));
    graph_keep(guest, out);
    assert_ok(graph_plan_within(guest, host.g));
    graph_bind(guest, host.params, host.statistics);
    graph_set_input(guest, 0, host.images);
    graph_prepare(guest);
    graph_forward(guest, true, out, NULL);
    assert_memory_equal(graph_value(guest, out), expected, count * sizeof *expected);
    graph_forward(host.g, true, host.out, NULL);
    assert_memory_equal(graph_value(host.g, host.out), expected, count * sizeof *expected);
    graph_destroy(guest);
    stop(&host);
    free(expected);
}

static double cosine(const float *a, const float *b, size_t count)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < count; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

// A net in bf16 is nearly the net in float32: outputs, batch statistics and gradients point the
// same way. Group norm and pooling take floats, so the graph widens numbers before them.
static void check_bf16(arithmetic a, size_t portions, const char *net, const char *text,
                       shape images)
{
    machine exact, rounded;
    start(&exact, net, text, images, false);
    start_with(&rounded, a, portions, net, text, images, false);
    machine *both[] = {&exact, &rounded};
    for (int i = 0; i < 2; i++) {
        graph_forward(both[i]->g, true, both[i]->out, both[i]->batch_statistics);
        graph_backward(both[i]->g, both[i]->out, 1, both[i]->dparams);
    }
    size_t out = shape_count(graph_shape(exact.g, exact.out));
    const float *y = graph_value(exact.g, exact.out), *z = graph_value(rounded.g, rounded.out);
    assert_memory_not_equal(y, z, out * sizeof *y);
    if (cosine(y, z, out) < 0.99)
        fail_msg("%s %s: outputs at cosine %g", net, text, cosine(y, z, out));
    if (graph_statistic_count(exact.g) > 0)
        assert_true(cosine(exact.batch_statistics, rounded.batch_statistics,
                           graph_statistic_count(exact.g)) > 0.999);
    double gradients = cosine(exact.dparams, rounded.dparams, graph_param_count(exact.g));
    if (gradients < 0.95) fail_msg("%s %s: gradients at cosine %g", net, text, gradients);
    stop(&exact);
    stop(&rounded);
}

static void bf16_nets_are_nearly_float_nets(void **state)
{
    (void)state;
    for (int i = 0; i <= WAYS; i++) {
        const arithmetic a = i < WAYS ? ways[i] : (arithmetic){.bf16 = true};
        if (!a.bf16) continue;
        size_t portions = i % 2 == 0 ? 0 : (size_t)1 << 17;
        check_bf16(a, portions, "convnet", "{width: 16}", (shape){12, 3, 16, 16});
        // Group norm does not round; convolutions that write floats leave no difference to see.
        if (convolution_out_block(a, 16, 1) == LANES)
            check_bf16(a, 0, "convnet", "{width: 16, norm: group}", (shape){4, 3, 16, 16});
    }
    const arithmetic rounded = {.bf16 = true, .products = BF16_ALWAYS, .block = 16};
    check_bf16(rounded, 0, "resnet18", "{width: 16, stem: cifar}", (shape){12, 3, 16, 16});
    check_bf16((arithmetic){.bf16 = true}, 0, "resnet18", "{width: 16}", (shape){32, 3, 64, 64});
    // Winograd's kernels give floats.
    check_bf16((arithmetic){.way = CONVOLUTION_WINOGRAD, .bf16 = true}, 0, "resnet18",
               "{width: 16, stem: cifar}", (shape){12, 3, 16, 16});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_net_gives_one_vector_a_sample),
        cmocka_unit_test(a_map_has_the_features_of_each_place),
        cmocka_unit_test(resnets_have_torchvisions_names_and_shapes),
        cmocka_unit_test(heads_are_the_published_ones),
        cmocka_unit_test(graphs_of_a_net_share_their_weights),
        cmocka_unit_test(shared_memory_changes_no_bit),
        cmocka_unit_test(every_processors_way_is_planned_and_runs),
        cmocka_unit_test(portions_change_only_rounding),
        cmocka_unit_test(gradients_of_whole_nets_match_differences),
        cmocka_unit_test(encoding_needs_little_memory),
        cmocka_unit_test(graph_in_another_ones_memory_gives_the_same),
        cmocka_unit_test(bf16_nets_are_nearly_float_nets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
