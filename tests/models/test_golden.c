// Whole nets and InfoNCE against PyTorch in float64: tests/golden/resnet.py, which also holds the
// formula by which both sides fill weights and inputs.
#include "tests/models/golden.h"

#include "models/nets/head.h"
#include "models/nets/net.h"
#include "models/nets/resnet.h"

#include <math.h>
#include <stdlib.h>

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

// Images to energies, with everything a test asks for.
typedef struct machine {
    graph *g;
    int images, keys, negatives, features, energies;
    float *params, *dparams, *statistics, *data, *key_data, *negative_data;
} machine;

static void start(machine *m, const golden_net *golden)
{
    resnet_config c = {.width = 8, .init = "default", .norm = "batch"};
    snprintf(c.stem, sizeof c.stem, "%s", golden->stem);
    assert_ok(graph_create(&m->g, true));
    shape s = {BATCH, 3, golden->size, golden->size};
    m->images = graph_input(m->g, "images", s, false);
    m->keys = graph_input(m->g, "keys", (shape){BATCH, DIM, 1, 1}, false);
    m->negatives = graph_input(m->g, "negatives", (shape){NEGATIVES, DIM, 1, 1}, false);
    m->features =
        net_features(m->g, net_find("resnet18"), net_find("resnet18")->build(m->g, &c, m->images));
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
            assert_sample(find_sample(golden->statistics, p->name), p, m.statistics);
    for (int i = 0; (p = graph_param_at(m.g, i)) != NULL; i++)
        assert_sample(find_sample(golden->gradients, p->name), p, m.dparams);
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
