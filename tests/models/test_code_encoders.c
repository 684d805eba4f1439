// tests/models/test_code_encoders.c -- every encoder builds, learns from all its weights, and LISTA
// starts as iterations of ISTA.
#include "models/codes/code_encoder.h"

#include "base/rng.h"
#include "models/codes/code_layout.h"
#include "tests/check.h"
#include "tests/models/random_floats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ATOMS = 16, KERNEL = 3, CHANNELS = 2, HEIGHT = 7, WIDTH = 6, SAMPLES = 2 };

// An encoder with settings from YAML, its graph and first weights.
typedef struct trial {
    void *settings;
    graph *g;
    int images, codes;
    float *params, *y;
} trial;

static void open_trial(trial *t, const code_encoder_type *e, const char *yaml, code_space s)
{
    config *c = NULL;
    t->settings = calloc(1, e->config_size + 1);
    assert_non_null(t->settings);
    assert_ok(config_parse(&c, yaml, e->name, 0, NULL));
    assert_ok(config_read(c, "", (const config_part[]){{e->fields, t->settings}, {NULL, NULL}}));
    config_destroy(c);
    assert_ok(graph_create(&t->g, true));
    t->images = graph_input(t->g, "images", (shape){SAMPLES, CHANNELS, HEIGHT, WIDTH}, false);
    t->codes = e->build(t->g, t->settings, &s, t->images);
    graph_keep(t->g, t->codes);
    assert_ok(graph_plan(t->g));
    t->params = random_floats(graph_param_count(t->g), 1);
    t->y = random_floats((size_t)SAMPLES * CHANNELS * HEIGHT * WIDTH, 2);
    graph_initialise(t->g, 1, t->params, NULL);
    graph_bind(t->g, t->params, NULL);
    graph_set_input(t->g, t->images, t->y);
}

static void close_trial(trial *t)
{
    graph_destroy(t->g);
    free(t->settings), free(t->params), free(t->y);
}

static float *unit_atoms(void)
{
    size_t size = (size_t)CHANNELS * KERNEL * KERNEL;
    float *atoms = random_floats(ATOMS * size, 3);
    for (size_t a = 0; a < ATOMS; a++) {
        double square = 0;
        for (size_t i = 0; i < size; i++)
            square += (double)atoms[a * size + i] * (double)atoms[a * size + i];
        for (size_t i = 0; i < size; i++)
            atoms[a * size + i] /= (float)sqrt(square);
    }
    return atoms;
}

static void every_encoder_learns_from_all_its_weights(void **state)
{
    (void)state;
    for (int i = 0; code_encoder_table[i] != NULL; i++) {
        const code_encoder_type *e = code_encoder_table[i];
        assert_ptr_equal(code_encoder_find(e->name), e);
        if (e->build == NULL) continue;
        trial t;
        open_trial(&t, e, "{}", (code_space){ATOMS, KERNEL, "same", false});
        shape s = graph_shape(t.g, t.codes);
        assert_true(s.n == SAMPLES && s.c == ATOMS && s.h == HEIGHT && s.w == WIDTH);
        graph_prepare(t.g);
        graph_forward(t.g, true, t.codes, NULL);
        float *gradient = calloc(graph_param_count(t.g), sizeof *gradient);
        assert_non_null(gradient);
        graph_backward(t.g, t.codes, 1, gradient);
        for (int p = 0; graph_param_at(t.g, p) != NULL; p++) {
            double sum = 0;
            for (size_t k = 0; k < graph_param_at(t.g, p)->count; k++)
                sum += fabs((double)gradient[graph_param_at(t.g, p)->offset + k]);
            assert_true(sum > 0);
        }
        free(gradient);
        close_trial(&t);
    }
    assert_null(code_encoder_find("none such"));
}

// One image's problem, its code, and room for what a step computes.
typedef struct ista {
    const code_layout *layout;
    const float *packed, *y;
    double bound, lambda;
    bool non_negative;
    float *code, *image, *pull;
} ista;

// z <- h(z + D' m (y - D z) / L)
static void ista_step(const ista *s)
{
    const dictionary_geometry *g = &s->layout->geometry;
    dictionary_synthesise(g, s->packed, s->code, s->image);
    for (size_t i = 0; i < dictionary_image_floats(g); i++)
        s->image[i] = s->y[i] - s->image[i];
    code_layout_clear_margin(s->layout, s->image);
    dictionary_analyse(g, s->packed, s->image, s->pull);
    float t = (float)(s->lambda / s->bound);
    for (size_t i = 0; i < dictionary_code_floats(g); i++) {
        float z = s->code[i] + s->pull[i] / (float)s->bound;
        s->code[i] = z > t ? z - t : z < -t && !s->non_negative ? z + t : 0.0f;
    }
}

// Weights of the size of an iteration's length learn at that rate, the decoder at its own.
static void assert_rates_fit(const graph *g, const float *rates)
{
    for (int i = 0; graph_param_at(g, i) != NULL; i++) {
        bool decodes = strncmp(graph_param_at(g, i)->name, "encoder.decode", 14) == 0;
        assert_true(rates[i] == (decodes ? 0.1f : 1.0f / 40));
    }
}

// Iterations of length 1/40, which is `step` / L.
static void assert_is_ista(const char *yaml, const char *border, bool non_negative, int steps,
                           double step)
{
    code_layout l;
    assert_ok(code_layout_plan(&l, ATOMS, KERNEL, border, CHANNELS, HEIGHT, WIDTH));
    const dictionary_geometry *g = &l.geometry;
    float *atoms = unit_atoms(), *packed = random_floats(dictionary_packed_floats(g), 4);
    float *y = random_floats(dictionary_image_floats(g), 5);
    float *image = random_floats(dictionary_image_floats(g), 5);
    float *code = random_floats(dictionary_code_floats(g), 6);
    float *pull = random_floats(dictionary_code_floats(g), 7);
    float *expected = random_floats(code_layout_codes(&l), 8);
    dictionary_pack(g, atoms, packed);
    trial t;
    const code_encoder_type *e = code_encoder_find("lista");
    open_trial(&t, e, yaml, (code_space){ATOMS, KERNEL, border, non_negative});
    float rates[32] = {0};
    e->start(t.settings, t.g, &(code_start){atoms, 40 * step, 2}, t.params, rates);
    assert_rates_fit(t.g, rates);
    graph_prepare(t.g);
    graph_forward(t.g, true, t.codes, NULL);
    for (size_t n = 0; n < SAMPLES; n++) {
        code_layout_pack_image(&l, t.y + n * code_layout_pixels(&l), y);
        memset(code, 0, dictionary_code_floats(g) * sizeof *code);
        for (int i = 0; i <= steps; i++)
            ista_step(&(ista){&l, packed, y, 40, 2, non_negative, code, image, pull});
        code_layout_unpack_code(&l, code, expected);
        const float *found = graph_value(t.g, t.codes) + n * code_layout_codes(&l);
        size_t zeros = 0;
        for (size_t i = 0; i < code_layout_codes(&l); i++) {
            assert_true(fabs((double)found[i] - (double)expected[i]) < 1e-6);
            zeros += expected[i] == 0;
        }
        assert_true(zeros > 0 && zeros < code_layout_codes(&l));
    }
    close_trial(&t);
    free(atoms), free(packed), free(y), free(image), free(code), free(pull), free(expected);
}

static void lista_starts_as_ista(void **state)
{
    (void)state;
    assert_is_ista("{steps: 0}", "full", false, 0, 1);
    assert_is_ista("{steps: 3}", "full", false, 3, 1);
    assert_is_ista("{steps: 3}", "same", true, 3, 1);
    assert_is_ista("{steps: 2, tied: false}", "free", false, 2, 1);
    assert_is_ista("{steps: 2, tied: false, step: 2.5}", "same", true, 2, 2.5);
    assert_is_ista("{steps: 2, form: dense}", "full", false, 2, 1);
    assert_is_ista("{steps: 2, form: dense, step: 2.5}", "full", false, 2, 2.5);
    assert_is_ista("{steps: 2, form: dense, tied: false}", "full", true, 2, 1);
}

static void filters_start_as_the_atoms_by_their_bound(void **state)
{
    (void)state;
    const char *names[] = {"linear", "shrink"};
    for (int i = 0; i < 2; i++) {
        trial t;
        const code_encoder_type *e = code_encoder_find(names[i]);
        open_trial(&t, e, "{}", (code_space){ATOMS, KERNEL, "same", false});
        float *atoms = unit_atoms(), rates[8] = {0};
        e->start(t.settings, t.g, &(code_start){atoms, 40, 2}, t.params, rates);
        const graph_param *filters = graph_param_at(t.g, 0);
        assert_string_equal(filters->name, "encoder.filters.weight");
        for (size_t k = 0; k < filters->count; k++)
            assert_true(fabsf(t.params[filters->offset + k] - atoms[k] / 40) < 1e-7f);
        assert_true(rates[0] == 1);
        free(atoms);
        close_trial(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_encoder_learns_from_all_its_weights),
        cmocka_unit_test(lista_starts_as_ista),
        cmocka_unit_test(filters_start_as_the_atoms_by_their_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
