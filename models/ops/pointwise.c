// models/ops/pointwise.c -- a function of each number by itself.
//   y = f(x);  dx = f'(x) dy;  x, y (n, c, h, w) in one layout
// One line of the table is one function; its derivative may use x and y = f(x).
#include "models/graph/op.h"

#include <math.h>
#include <string.h>

typedef struct pointwise_config {
    char function[CONFIG_TEXT_SIZE];
} pointwise_config;

static float logistic(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

static float logistic_slope(float x, float y)
{
    (void)x;
    return y * (1.0f - y);
}

static float tanh_slope(float x, float y)
{
    (void)x;
    return 1.0f - y * y;
}

// log(1 + e^x), also where e^x is infinite.
static float softplus(float x)
{
    return fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x)));
}

static float softplus_slope(float x, float y)
{
    (void)y;
    return logistic(x);
}

static float silu(float x)
{
    return x * logistic(x);
}

static float silu_slope(float x, float y)
{
    float s = logistic(x);
    return s + y * (1.0f - s);
}

static float exp_slope(float x, float y)
{
    (void)x;
    return y;
}

static float log_slope(float x, float y)
{
    (void)y;
    return 1.0f / x;
}

static float square(float x)
{
    return x * x;
}

static float square_slope(float x, float y)
{
    (void)y;
    return 2.0f * x;
}

static float sqrt_slope(float x, float y)
{
    (void)x;
    return 0.5f / y;
}

#define FUNCTIONS "sigmoid|tanh|softplus|silu|exp|log|square|sqrt|abs"

static float abs_slope(float x, float y)
{
    (void)y;
    return x > 0 ? 1.0f : x < 0 ? -1.0f : 0.0f;
}

typedef struct function {
    const char *name;
    float (*value)(float x);
    float (*slope)(float x, float y);
} function;

static const function functions[] = {{"sigmoid", logistic, logistic_slope},
                                     {"tanh", tanhf, tanh_slope},
                                     {"softplus", softplus, softplus_slope},
                                     {"silu", silu, silu_slope},
                                     {"exp", expf, exp_slope},
                                     {"log", logf, log_slope},
                                     {"square", square, square_slope},
                                     {"sqrt", sqrtf, sqrt_slope},
                                     {"abs", fabsf, abs_slope},
                                     {0}};

static const config_field fields[] = {
    {"function", FIELD_TEXT, offsetof(pointwise_config, function), NULL, 0, 0, FUNCTIONS, "f"},
    {0}};

static const function *function_of(const void *settings)
{
    const char *name = ((const pointwise_config *)settings)->function;
    const function *f = functions;
    while (f->name != NULL && strcmp(f->name, name) != 0)
        f++;
    ASSERT(f->name != NULL); // the field's choices are the table's names
    return f;
}

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    p->out = p->in[0];
    p->out_block = p->in_block[0];
    p->backward_reads_input[0] = true;
    p->backward_reads_output = true;
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    const function *f = function_of(settings);
    size_t count = shape_count(p->out);
    for (size_t i = 0; i < count; i++)
        run->out[i] = f->value(run->in[0][i]);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    if (run->din[0] == NULL) return;
    const function *f = function_of(settings);
    size_t count = shape_count(p->out);
    for (size_t i = 0; i < count; i++)
        run->din[0][i] = run->dout[i] * f->slope(run->in[0][i], run->out[i]);
}

const op_type op_pointwise = {
    .name = "pointwise",
    .examples = {"{function: sigmoid}", "{function: tanh}", "{function: softplus}",
                 "{function: silu}", "{function: exp}"},
    .example_in = {{2, 16, 3, 2}},
    .fields = fields,
    .config_size = sizeof(pointwise_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
