// Operations that choose rows: rows by their numbers, the nearest row of a codebook.
#include "tests/check.h"
#include "tests/models/random_floats.h"

#include "models/graph/graph.h"

#include <math.h>
#include <stdlib.h>

enum { CODES = 7, CHANNELS = 3 };

// A graph with one input, and its weights.
typedef struct machine {
    graph *g;
    float *params, *dparams, *x;
    int input, out;
} machine;

static void start(machine *m, shape s)
{
    assert_ok(graph_create(&m->g, true));
    m->input = graph_input(m->g, "x", s, true);
    m->x = random_floats(shape_count(s), 1);
}

// After the nodes have been added; the weights are normal numbers.
static void finish(machine *m)
{
    graph_keep(m->g, m->out);
    assert_ok(graph_plan(m->g));
    m->params = random_floats(graph_param_count(m->g), 2);
    m->dparams = calloc(graph_param_count(m->g) + 1, sizeof(float));
    assert_non_null(m->dparams);
    graph_bind(m->g, m->params, NULL);
    graph_prepare(m->g);
    graph_set_input(m->g, m->input, m->x);
}

static void stop(machine *m)
{
    graph_destroy(m->g);
    free(m->params), free(m->dparams), free(m->x);
}

// |x - e_k|^2, of a vector whose channels are `apart` floats apart.
static double distance(const float *x, int apart, const float *code)
{
    double sum = 0;
    for (int c = 0; c < CHANNELS; c++)
        sum += pow((double)x[c * apart] - (double)code[c], 2);
    return sum;
}

static int nearest(const float *x, int apart, const float *codebook)
{
    int best = 0;
    for (int k = 1; k < CODES; k++)
        if (distance(x, apart, codebook + k * CHANNELS) <
            distance(x, apart, codebook + best * CHANNELS))
            best = k;
    return best;
}

static void check_codes(shape s)
{
    machine m;
    start(&m, s);
    m.out = graph_chain(m.g, "quantise", "vq", m.input, "{codes: %d}", CODES);
    finish(&m);
    graph_forward(m.g, true, m.out, NULL);
    const float *y = graph_value(m.g, m.out);
    int pixels = s.h * s.w, used[CODES] = {0};
    for (int n = 0; n < s.n; n++)
        for (int i = 0; i < pixels; i++) {
            int at = n * CHANNELS * pixels + i, k = nearest(m.x + at, pixels, m.params);
            used[k]++;
            for (int c = 0; c < CHANNELS; c++)
                assert_true(y[at + c * pixels] == m.params[k * CHANNELS + c]);
        }
    // With dy = 1 a code's gradient counts the vectors that it stands for.
    graph_backward(m.g, m.out, 1.0f, m.dparams);
    for (int k = 0; k < CODES; k++)
        for (int c = 0; c < CHANNELS; c++)
            assert_true(m.dparams[k * CHANNELS + c] == (float)used[k]);
    stop(&m);
}

static void every_vector_becomes_its_nearest_code(void **state)
{
    (void)state;
    check_codes((shape){50, CHANNELS, 1, 1});
    check_codes((shape){4, CHANNELS, 5, 3});
}

static void of_equal_codes_the_first_is_taken(void **state)
{
    (void)state;
    machine m;
    start(&m, (shape){20, CHANNELS, 1, 1});
    m.out = graph_chain(m.g, "quantise", "vq", m.input, "{codes: 2}");
    finish(&m);
    memcpy(m.params + CHANNELS, m.params, CHANNELS * sizeof *m.params);
    graph_forward(m.g, true, m.out, NULL);
    graph_backward(m.g, m.out, 1.0f, m.dparams);
    for (int c = 0; c < CHANNELS; c++)
        assert_true(m.dparams[c] == 20 && m.dparams[CHANNELS + c] == 0);
    stop(&m);
}

// x + detach(y - x), as models/ops/quantise.c says.
static void a_detach_hands_the_gradient_through(void **state)
{
    (void)state;
    machine m;
    shape s = {10, CHANNELS, 1, 1};
    start(&m, s);
    int y = graph_chain(m.g, "quantise", "vq", m.input, "{codes: %d}", CODES);
    int step = graph_add(m.g, "add", "step", (int[]){y, m.input}, 2, "{sign: minus}");
    step = graph_chain(m.g, "detach", "held", step, "{}");
    m.out = graph_add(m.g, "add", "through", (int[]){m.input, step}, 2, "{}");
    graph_keep(m.g, y);
    finish(&m);
    graph_forward(m.g, true, m.out, NULL);
    for (size_t i = 0; i < shape_count(s); i++)
        assert_true(fabsf(graph_value(m.g, m.out)[i] - graph_value(m.g, y)[i]) < 1e-6f);
    graph_backward(m.g, m.out, 3.0f, m.dparams);
    for (size_t i = 0; i < shape_count(s); i++)
        assert_true(graph_gradient(m.g, m.input)[i] == 3.0f);
    for (int i = 0; i < CODES * CHANNELS; i++)
        assert_true(m.dparams[i] == 0.0f);
    stop(&m);
}

static void rows_are_taken_by_number(void **state)
{
    (void)state;
    enum { ROWS = 3, WIDTH = 2 };
    static const float index[] = {2, 0, 2.3f, -5, 1e9f, NAN};
    static const int expected[] = {2, 0, 2, 0, 2};
    machine m;
    start(&m, (shape){ROWS, WIDTH, 1, 1});
    int by = graph_input(m.g, "index", (shape){6, 1, 1, 1}, false);
    m.out = graph_add(m.g, "rows", "some", (int[]){m.input, by}, 2, "{}");
    finish(&m);
    graph_set_input(m.g, by, index);
    graph_forward(m.g, true, m.out, NULL);
    const float *y = graph_value(m.g, m.out);
    for (int i = 0; i < 5; i++)
        assert_memory_equal(y + i * WIDTH, m.x + expected[i] * WIDTH, WIDTH * sizeof *y);
    for (int i = 0; i < WIDTH; i++)
        assert_true(isnan(y[5 * WIDTH + i]));
    graph_backward(m.g, m.out, 1.0f, m.dparams);
    const float *dx = graph_gradient(m.g, m.input);
    for (int i = 0; i < WIDTH; i++)
        assert_true(dx[i] == 3 && dx[WIDTH + i] == 0 && dx[2 * WIDTH + i] == 3);
    stop(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_becomes_its_nearest_code),
        cmocka_unit_test(of_equal_codes_the_first_is_taken),
        cmocka_unit_test(a_detach_hands_the_gradient_through),
        cmocka_unit_test(rows_are_taken_by_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
