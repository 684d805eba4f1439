// tests/trainer/test_halves_mpi.c -- what an image gives does not depend on which others stand in
// its file: evaluations of a test set's dark and bright half average to that of the whole. They did
// not while each file was normalised by its own mean and deviation.
#include "tests/check_mpi.h"

#include "comm/world.h"
#include "io/packing/synth.h"
#include "io/shards/shard_writer.h"
#include "models/graph/graph.h"
#include "tests/io/folder.h"
#include "trainer/codes/code_evaluation.h"
#include "trainer/codes/trained_model.h"
#include "trainer/evaluation/evaluate.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE = 16, BYTES = 3 * SIDE * SIDE, TEST = 160, PARTS = 3 };

static world w;
static test_folder folder; // of this rank

static const char *const part_names[PARTS] = {"test-00000", "dark", "bright"};
static const double part_sizes[PARTS] = {TEST, TEST / 2, TEST / 2};

typedef struct test_image {
    unsigned char pixels[BYTES];
    int64_t label, sum;
} test_image;

static int compare_sums(const void *a, const void *b)
{
    int64_t x = ((const test_image *)a)->sum, y = ((const test_image *)b)->sum;
    return (x > y) - (x < y);
}

static status write_part(const char *name, const test_image *images)
{
    char file[64];
    shard_writer *out;
    snprintf(file, sizeof file, "%s.h5", name);
    TRY(shard_writer_open(
        &out, test_path(&folder, file),
        &(sample_shape){
            .height = SIDE, .width = SIDE, .channels = 3, .type = PIXEL_U8, .labelled = true},
        TEST / 2));
    for (int i = 0; i < TEST / 2; i++)
        TRY(shard_writer_add(out, images[i].pixels, &images[i].label));
    return shard_writer_close(out);
}

static status write_halves(void)
{
    static test_image images[TEST];
    dataset *d;
    TRY(dataset_open(&d, &(dataset_source){.files = test_path(&folder, "test-00000.h5"),
                                           .images = "/images",
                                           .labels = "/labels",
                                           .axes = ""}));
    for (uint64_t i = 0; i < TEST; i++) {
        TRY(dataset_read(d, i, images[i].pixels));
        TRY(dataset_read_labels(d, i, 1, &images[i].label));
        images[i].sum = 0;
        for (int k = 0; k < BYTES; k++)
            images[i].sum += images[i].pixels[k];
    }
    dataset_close(d);
    qsort(images, TEST, sizeof *images, compare_sums);
    TRY(write_part("dark", images));
    return write_part("bright", images + TEST / 2);
}

// A job on the train set and one part of the test set, and the statistics of the former.
static status open_job(job *j, view_statistics *units, int part, const char *rest)
{
    char text[4096];
    dataset *d;
    snprintf(text, sizeof text, "{run: r, batch: 8, data: {train: \"%s\", test: \"%s/%s.h5\", %s",
             test_path(&folder, "train-*.h5"), folder.path, part_names[part], rest);
    TRY(job_parse(j, text, "test"));
    dataset_source source = job_source(j, j->data.train);
    TRY(dataset_open(&d, &source));
    status s = view_statistics_learn(units, j, d);
    dataset_close(d);
    return s;
}

// The first random weights of the job's net.
static status make_net(const job *j, weights *net, graph **g)
{
    encoder parts = job_encoder(j);
    TRY(graph_create(g, false));
    encoder_features(*g, &parts, graph_input(*g, "images", (shape){8, 3, SIDE, SIDE}, false));
    TRY(graph_plan(*g));
    TRY(weights_create(net, *g));
    graph_initialise(*g, 1, net->params, net->statistics);
    return ST_OK;
}

// Collective. kNN of pixels and of an untrained net's features, and a probe of these.
static void score_features(int part, double scores[3])
{
    job j;
    view_statistics units;
    evaluator *e = NULL;
    graph *g = NULL;
    weights net = {0};
    evaluation found = {0};
    assert_all_ok(open_job(&j, &units, part,
                           "augment: moco_cifar}, model: {net: convnet, width: 8, dim: 16}, "
                           "evaluate: {knn: {k: 20}, probe: true}}"));
    assert_all_ok(make_net(&j, &net, &g));
    assert_all_ok(evaluator_create(&e, &w, &j, &units));
    assert_all_ok(evaluator_pixels_knn(e, &scores[0]));
    assert_all_ok(evaluator_trained(e, &net, &found));
    scores[1] = found.knn;
    scores[2] = found.probe;
    evaluator_destroy(e);
    weights_destroy(&net);
    graph_destroy(g);
    view_statistics_destroy(&units);
    job_destroy(&j);
}

// Collective. Energy, error and share of codes of untrained atoms.
static void score_codes(int part, double scores[3])
{
    job j;
    view_statistics units;
    trained_model model = {0};
    code_evaluator *e = NULL;
    code_evaluation found = {0};
    assert_all_ok(open_job(&j, &units, part,
                           "augment: centred}, method: {name: sparse, atoms: 8, kernel: 5}, "
                           "penalty: {lambda: 0.5, unit: absolute}}"));
    assert_all_ok(trained_model_create(&model, &j, (shape){1, 3, SIDE, SIDE}, false));
    assert_all_ok(code_evaluator_create(&e, &w, &j, &units, &model.model.weights));
    assert_all_ok(code_evaluator_weights(e, &model.model.weights, 0.5, &found));
    scores[0] = found.energy;
    scores[1] = found.error;
    scores[2] = found.nonzero;
    code_evaluator_destroy(e);
    trained_model_destroy(&model);
    view_statistics_destroy(&units);
    job_destroy(&j);
}

static void average_to_the_whole(void (*score)(int part, double scores[3]))
{
    double scores[PARTS][3];
    for (int part = 0; part < PARTS; part++)
        score(part, scores[part]);
    for (int i = 0; i < 3; i++) {
        double halves = (part_sizes[1] * scores[1][i] + part_sizes[2] * scores[2][i]) / TEST;
        assert_all(fabs(halves - scores[0][i]) < 1e-9 * fabs(scores[0][i]) + 1e-12);
        assert_all(scores[0][i] > 0);
    }
}

static void features_of_halves_average_to_the_whole(void **state)
{
    (void)state;
    average_to_the_whole(score_features);
}

static void codes_of_halves_average_to_the_whole(void **state)
{
    (void)state;
    average_to_the_whole(score_codes);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_of_halves_average_to_the_whole),
        cmocka_unit_test(codes_of_halves_average_to_the_whole),
    };
    if (world_init(&w, &argc, &argv) != ST_OK) return 1;
    shard_series_result made[2];
    bool ready = test_folder_create(&folder) == 0 &&
                 synth_write(&(synth_job){.kind = synth_find("shapes"),
                                          .folder = folder.path,
                                          .seed = 1,
                                          .train = 240,
                                          .test = TEST,
                                          .size = SIDE},
                             made) == ST_OK &&
                 write_halves() == ST_OK;
    if (!ready) fprintf(stderr, "no data: %s\n", status_message());
    int failed = ready ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    (void)test_folder_remove(&folder);
    world_fini(&w);
    return failed;
}
