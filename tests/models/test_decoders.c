// Every decoder: the shape of its images, gradients of all its weights, names of its own.
#include "tests/check.h"
#include "tests/models/random_floats.h"

#include "models/decoders/decoder.h"
#include "models/kernels/convolution/convolution.h"

#include <math.h>
#include <stdlib.h>

enum { BATCH = 6, CODES = 5 };
static const shape image = {BATCH, 3, 16, 8};

// What is decoded: a vector, and the map that a net halving three times has of such images.
static const shape codes[] = {{BATCH, CODES, 1, 1}, {BATCH, CODES, 2, 1}};

static void *configure(const decoder_type *type, const char *text)
{
    void *settings = calloc(1, type->config_size);
    config *c = NULL;
    assert_non_null(settings);
    assert_ok(config_parse(&c, text, type->name, 0, NULL));
    assert_ok(config_read(c, "", (const config_part[]){{type->fields, settings}, {NULL, NULL}}));
    config_destroy(c);
    return settings;
}

typedef struct trial {
    graph *g;
    int codes, images, energy;
    float *params, *statistics, *dparams;
    float *code;
} trial;

static void start_with(trial *t, const decoder_type *type, const char *text, shape code,
                       arithmetic a)
{
    void *settings = configure(type, text);
    decoder d = {type, settings};
    *t = (trial){0};
    assert_ok(graph_create(&t->g, true));
    graph_set_arithmetic(t->g, a);
    t->codes = graph_input(t->g, "codes", code, false);
    assert_ok(decoder_check(&d, image));
    int images = decoder_images(t->g, &d, t->codes, image);
    shape s = graph_shape(t->g, images);
    assert_true(s.n == image.n && s.c == image.c && s.h == image.h && s.w == image.w);
    int flat = graph_chain(t->g, "reshape", "flat", images, "{channels: %d}", 3 * 16 * 8);
    int zero = graph_chain(t->g, "weighted_sum", "zero", flat, "{first: 0}");
    t->energy = graph_add(t->g, "squared_error", "energy", (int[]){flat, zero}, 2, "{}");
    t->images = flat;
    graph_keep(t->g, flat);
    graph_keep(t->g, t->energy);
    assert_ok(graph_plan(t->g));
    size_t params = graph_param_count(t->g), statistics = graph_statistic_count(t->g);
    t->params = calloc(params, sizeof(float));
    t->dparams = calloc(params, sizeof(float));
    t->statistics = calloc(statistics + 1, sizeof(float));
    graph_bind(t->g, t->params, t->statistics);
    graph_initialise(t->g, 1, t->params, t->statistics);
    t->code = random_floats(shape_count(code), 3);
    graph_set_input(t->g, t->codes, t->code);
    free(settings);
}

static void start(trial *t, const decoder_type *type, shape code)
{
    start_with(t, type, type->example, code, (arithmetic){0});
}

static void stop(trial *t)
{
    graph_destroy(t->g);
    free(t->params);
    free(t->dparams);
    free(t->statistics);
    free(t->code);
}

static double energy_of(trial *t)
{
    double sum = 0;
    graph_prepare(t->g);
    graph_forward(t->g, true, t->energy, NULL);
    for (int i = 0; i < BATCH; i++)
        sum += (double)graph_value(t->g, t->energy)[i];
    return sum;
}

// Along each parameter tensor's own gradient the energy rises as the gradient says.
static void check_gradients(trial *t)
{
    const graph_param *p;
    energy_of(t);
    graph_backward(t->g, t->energy, 1.0f, t->dparams);
    for (int i = 0; (p = graph_param_at(t->g, i)) != NULL; i++) {
        double square = 0, step = 0;
        const float *slope = t->dparams + p->offset;
        for (size_t k = 0; k < p->count; k++)
            square += (double)slope[k] * (double)slope[k];
        if (square < 1e-6) continue; // in front of batch norm
        step = 1e-2 / sqrt(square);
        double ends[2];
        for (int side = 0; side < 2; side++) {
            float along = (float)(side == 0 ? step : -2 * step);
            for (size_t k = 0; k < p->count; k++)
                t->params[p->offset + k] += along * slope[k];
            ends[side] = energy_of(t);
        }
        for (size_t k = 0; k < p->count; k++)
            t->params[p->offset + k] += (float)step * slope[k];
        assert_true(fabs((ends[0] - ends[1]) / (2 * step * square) - 1) < 0.03);
    }
}

static void every_decoder_makes_images_and_learns(void **state)
{
    (void)state;
    for (int i = 0; decoder_table[i / 2] != NULL; i++) {
        trial t;
        start(&t, decoder_table[i / 2], codes[i % 2]);
        const graph_param *p;
        for (int k = 0; (p = graph_param_at(t.g, k)) != NULL; k++)
            assert_memory_equal(p->name, "decoder.", 8);
        check_gradients(&t);
        stop(&t);
    }
}

// No fully connected layer mixes the places of a map.
static void a_map_keeps_its_places(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        trial t;
        const graph_param *p;
        bool mixes = false;
        start(&t, decoder_find("convnet"), codes[i]);
        for (int k = 0; (p = graph_param_at(t.g, k)) != NULL; k++)
            mixes = mixes || strcmp(p->name, "decoder.fc.weight") == 0;
        assert_true(mixes == (i == 0));
        stop(&t);
    }
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

// In bf16 images and gradients are nearly those of floats; with bf16 products not just those.
static void check_bf16(arithmetic a)
{
    trial exact, rounded, *both[] = {&exact, &rounded};
    const decoder_type *type = decoder_find("convnet");
    start_with(&exact, type, "{width: 16}", codes[0], (arithmetic){0});
    start_with(&rounded, type, "{width: 16}", codes[0], a);
    for (int i = 0; i < 2; i++) {
        energy_of(both[i]);
        graph_backward(both[i]->g, both[i]->energy, 1.0f, both[i]->dparams);
    }
    const float *y = graph_value(exact.g, exact.images),
                *z = graph_value(rounded.g, rounded.images);
    size_t count = shape_count(image), weights = graph_param_count(exact.g);
    if (convolution_multiplies_bf16(a)) assert_memory_not_equal(y, z, count * sizeof *y);
    assert_true(cosine(y, z, count) > 0.999);
    assert_true(cosine(exact.dparams, rounded.dparams, weights) > 0.99);
    stop(&exact);
    stop(&rounded);
}

static void bf16_decoders_are_nearly_float_decoders(void **state)
{
    (void)state;
    check_bf16((arithmetic){.bf16 = true});
    check_bf16((arithmetic){.bf16 = true, .products = BF16_NEVER});
    for (int block = 1; block <= 16; block = block == 1 ? 8 : 2 * block)
        check_bf16((arithmetic){.bf16 = true, .products = BF16_ALWAYS, .block = block});
}

static void sizes_that_do_not_fit_are_told(void **state)
{
    (void)state;
    decoder d = {.type = decoder_find("convnet")};
    assert_fails(decoder_check(&d, (shape){1, 1, 28, 28}), ST_CONFIG, "multiples of 8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_decoder_makes_images_and_learns),
        cmocka_unit_test(a_map_keeps_its_places),
        cmocka_unit_test(bf16_decoders_are_nearly_float_decoders),
        cmocka_unit_test(sizes_that_do_not_fit_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
