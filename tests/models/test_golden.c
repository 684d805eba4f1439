// Whole nets and InfoNCE against PyTorch in float64: tests/golden/resnet.py, which also holds the
// formula by which both sides fill weights and inputs.
#include "tests/check.h"

#include "models/graph.h"
#include "models/head.h"
#include "models/net.h"
#include "models/nets/resnet.h"

#include <math.h>
#include <stdlib.h>

// A tensor's size, norm and first, middle and last value.
typedef struct golden_sample {
    const char *name;
    int count;
    double norm, values[3];
} golden_sample;

#include "tests/golden/info_nce.h"

typedef struct golden_net {
    const char *stem;
    int size; // of the images
    const double *features, *energies, *eval_features;
    const golden_sample *gradients, *statistics; // end with name == NULL
} golden_net;

// Each header defines the same names; a function around it gives them to one golden_net.
static golden_net golden_cifar(void)
{
#include "tests/golden/resnet18_cifar.h"
    return (golden_net){"cifar",
                        16,
                        golden_features,
                        golden_energies,
                        golden_eval_features,
                        golden_gradients,
                        golden_statistics};
}

static golden_net golden_imagenet(void)
{
#include "tests/golden/resnet18_imagenet.h"
    return (golden_net){"imagenet",           64,
                        golden_features,      golden_energies,
                        golden_eval_features, golden_gradients,
                        golden_statistics};
}

enum { BATCH = 4, FEATURES = 64, DIM = 16, NEGATIVES = 32 };
static const size_t feature_count = (size_t)BATCH * FEATURES;

// value i = offset + scale x (a hash of i and the name, in [-0.5, 0.5)).
static void fill(const char *name, size_t count, double scale, double offset, float *values)
{
    int key = 0;
    for (const char *c = name; *c != '\0'; c++)
        key = (key * 31 + *c) % 1009;
    for (size_t i = 0; i < count; i++) {
        double x = sin(12.9898 * (double)i + 78.233 * key) * 43758.5453;
        values[i] = (float)((x - floor(x) - 0.5) * scale + offset);
    }
}

static float *filled(const char *name, size_t count, double scale)
{
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    fill(name, count, scale, 0.0, values);
    return values;
}

static float *filled_unit_vectors(const char *name, int count, int dim)
{
    float *values = filled(name, (size_t)count * (size_t)dim, 2.0);
    for (int i = 0; i < count; i++) {
        float *v = values + (size_t)i * (size_t)dim;
        double squares = 0;
        for (int c = 0; c < dim; c++)
            squares += (double)v[c] * (double)v[c];
        for (int c = 0; c < dim; c++)
            v[c] = (float)((double)v[c] / sqrt(squares));
    }
    return values;
}

static void fill_parameters(const graph *g, float *params)
{
    const graph_param *p;
    for (int i = 0; (p = graph_param_at(g, i)) != NULL; i++) {
        float *values = params + p->offset;
        bool is_weight = strcmp(p->spec.name, "weight") == 0;
        if (p->spec.rank > 1)
            fill(p->name, p->count, sqrt(24.0 * p->spec.dims[0] / (double)p->count), 0.0, values);
        else
            fill(p->name, p->count, is_weight ? 0.4 : 0.2, is_weight ? 1.0 : 0.0, values);
    }
}

static double norm_of(const float *x, size_t count)
{
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += (double)x[i] * (double)x[i];
    return sqrt(squares);
}

// Within 1e-4 of the largest value.
static void assert_close(const char *what, const float *x, const double *golden, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs(golden[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)x[i] - golden[i]) <= 1e-4 * most))
            fail_msg("%s: %.9g at %zu, PyTorch has %.9g", what, (double)x[i], i, golden[i]);
}

// The norm within 1e-4, values within 1e-4 of the root mean square or of themselves.
static void assert_sample(const golden_sample *golden, const graph_param *p, const float *flat)
{
    assert_string_equal(golden->name, p->name);
    assert_int_equal(golden->count, p->count);
    const float *x = flat + p->offset;
    if (!(fabs(norm_of(x, p->count) - golden->norm) <= 1e-4 * golden->norm))
        fail_msg("%s: norm %.9g, PyTorch has %.9g", p->name, norm_of(x, p->count), golden->norm);
    const size_t places[3] = {0, p->count / 2, p->count - 1};
    for (int i = 0; i < 3; i++) {
        double scale = fmax(golden->norm / sqrt((double)p->count), fabs(golden->values[i]));
        if (!(fabs((double)x[places[i]] - golden->values[i]) <= 1e-4 * scale))
            fail_msg("%s: %.9g at %zu, PyTorch has %.9g", p->name, (double)x[places[i]], places[i],
                     golden->values[i]);
    }
}

static const golden_sample *find(const golden_sample *list, const char *name)
{
    while (list->name != NULL && strcmp(list->name, name) != 0)
        list++;
    if (list->name == NULL) fail_msg("%s is not among the golden numbers", name);
    return list;
}

// Images to energies, with everything a test asks for.
typedef struct machine {
    graph *g;
    int images, keys, negatives, features, energies;
    float *params, *dparams, *statistics, *data, *key_data, *negative_data;
} machine;

static float *zeros(size_t count)
{
    float *x = calloc(count + 1, sizeof *x);
    assert_non_null(x);
    return x;
}

static void start(machine *m, const golden_net *golden)
{
    resnet_config c = {.width = 8, .init = "default", .norm = "batch"};
    snprintf(c.stem, sizeof c.stem, "%s", golden->stem);
    assert_ok(graph_create(&m->g, true));
    shape s = {BATCH, 3, golden->size, golden->size};
    m->images = graph_input(m->g, "images", s, false);
    m->keys = graph_input(m->g, "keys", (shape){BATCH, DIM, 1, 1}, false);
    m->negatives = graph_input(m->g, "negatives", (shape){NEGATIVES, DIM, 1, 1}, false);
    m->features = net_find("resnet18")->build(m->g, &c, m->images);
    int q = head_build(m->g, &(head){"linear", DIM, 1, 0}, m->features);
    q = graph_chain(m->g, "l2_normalise", "queries", q, "{}");
    m->energies = graph_add(m->g, "info_nce", "energy", (int[]){q, m->keys, m->negatives}, 3,
                            "{temperature: 0.2}");
    graph_keep(m->g, m->features);
    graph_keep(m->g, m->energies);
    assert_ok(graph_plan(m->g));
    m->params = zeros(graph_param_count(m->g));
    m->dparams = zeros(graph_param_count(m->g));
    m->statistics = zeros(graph_statistic_count(m->g));
    fill_parameters(m->g, m->params);
    graph_bind(m->g, m->params, m->statistics);
    graph_prepare(m->g);
    m->data = filled("images", shape_count(s), 4.0);
    m->key_data = filled_unit_vectors("keys", BATCH, DIM);
    m->negative_data = filled_unit_vectors("negatives", NEGATIVES, DIM);
    graph_set_input(m->g, m->images, m->data);
    graph_set_input(m->g, m->keys, m->key_data);
    graph_set_input(m->g, m->negatives, m->negative_data);
}

static void stop(machine *m)
{
    graph_destroy(m->g);
    free(m->params), free(m->dparams), free(m->statistics);
    free(m->data), free(m->key_data), free(m->negative_data);
}

static void compare_net(const golden_net *golden)
{
    machine m;
    start(&m, golden);
    // The batch's statistics become the running ones at once, as with momentum 1.
    graph_forward(m.g, true, m.energies, m.statistics);
    graph_backward(m.g, m.energies, 1.0f / BATCH, m.dparams);
    const graph_param *p;
    for (int i = 0; (p = graph_statistic_at(m.g, i)) != NULL; i++)
        if (strcmp(p->name, "energy.accuracy") != 0)
            assert_sample(find(golden->statistics, p->name), p, m.statistics);
    for (int i = 0; (p = graph_param_at(m.g, i)) != NULL; i++)
        assert_sample(find(golden->gradients, p->name), p, m.dparams);
    graph_forward(m.g, true, m.energies, NULL);
    assert_close("features", graph_value(m.g, m.features), golden->features, feature_count);
    assert_close("energies", graph_value(m.g, m.energies), golden->energies, BATCH);
    graph_forward(m.g, false, m.features, NULL);
    assert_close("features in evaluation", graph_value(m.g, m.features), golden->eval_features,
                 feature_count);
    stop(&m);
}

static void resnet18_for_cifar_is_pytorchs(void **state)
{
    (void)state;
    golden_net golden = golden_cifar();
    compare_net(&golden);
}

static void resnet18_for_imagenet_is_pytorchs(void **state)
{
    (void)state;
    golden_net golden = golden_imagenet();
    compare_net(&golden);
}

static void info_nce_is_pytorchs(void **state)
{
    (void)state;
    graph *g;
    assert_ok(graph_create(&g, true));
    int inputs[3] = {graph_input(g, "q", (shape){5, 8, 1, 1}, true),
                     graph_input(g, "k", (shape){5, 8, 1, 1}, true),
                     graph_input(g, "n", (shape){12, 8, 1, 1}, true)};
    int energy = graph_add(g, "info_nce", "energy", inputs, 3, "{temperature: 0.1}");
    graph_keep(g, energy);
    assert_ok(graph_plan(g));
    float *q = filled_unit_vectors("q", 5, 8), *k = filled_unit_vectors("k", 5, 8);
    float *n = filled_unit_vectors("n", 12, 8);
    graph_set_input(g, inputs[0], q);
    graph_set_input(g, inputs[1], k);
    graph_set_input(g, inputs[2], n);
    graph_forward(g, true, energy, NULL);
    assert_close("energies", graph_value(g, energy), golden_nce, 5);
    graph_backward(g, energy, 1.0f / 5, NULL);
    assert_close("dq", graph_gradient(g, inputs[0]), golden_nce_dq, 40);
    assert_close("dk", graph_gradient(g, inputs[1]), golden_nce_dk, 40);
    assert_close("dn", graph_gradient(g, inputs[2]), golden_nce_dn, 96);
    free(q), free(k), free(n);
    graph_destroy(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(info_nce_is_pytorchs),
        cmocka_unit_test(resnet18_for_cifar_is_pytorchs),
        cmocka_unit_test(resnet18_for_imagenet_is_pytorchs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
