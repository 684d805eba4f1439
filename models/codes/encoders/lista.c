// models/codes/encoders/lista.c -- T + 1 iterations of a proximal method, unrolled, with learned
// weights.
//   u = We' y,  z_0 = h(u)
//   factored:  z_{t+1} = h(z_t + We' (y - D z_t)),  t = 1 .. T
//   dense:     z_{t+1} = h(u + S * z_t),  S (K, K, 2k-1, 2k-1)
//   h: soft threshold with a learned threshold an atom
//   source: Gregor & LeCun 2010 (ICML, "Learning fast approximations of sparse coding") alg. 3;
//   factored: Sreter & Giryes 2018 (arXiv 1711.00328) eq. 11, K times fewer operations
// It starts as T + 1 steps of ISTA of length s = step / L: We = s D, S = identity - s D'D,
// threshold s lambda, which is exact for factored on every border and for dense on border full. Few
// iterations reach further with longer steps than all codes could bear, so We must grow: it and the
// thresholds learn at rates of their size, s, the decoder at one of its own.
#include "models/codes/code_encoder.h"

#include "models/kernels/dictionary/dictionary_overlap.h"

#include <string.h>

enum { FACTORED, DENSE };

typedef struct lista_config {
    int64_t steps;
    double step, decode_rate;
    bool tied;
    int form; // FACTORED | DENSE
} lista_config;

static const config_field fields[] = {
    {"steps", FIELD_INT, offsetof(lista_config, steps), "3", 0, 100, NULL,
     "T, iterations behind the first"},
    {"step", FIELD_REAL, offsetof(lista_config, step), "1", 1e-6, 1e6, NULL,
     "length of an iteration at the start, in 1 / L; above 2 many of them would diverge"},
    {"decode_rate", FIELD_REAL, offsetof(lista_config, decode_rate), "0.1", 0, 1e6, NULL,
     "factor of the learning rate for the encoder's own D; the other weights have step / L"},
    {"tied", FIELD_BOOL, offsetof(lista_config, tied), "true", 0, 0, NULL,
     "whether all iterations share their weights"},
    {"form", FIELD_CHOICE, offsetof(lista_config, form), "factored", 0, 0, "factored|dense",
     "the iteration through the image, or by one large matrix of code on code"},
    {0}};

// "name", or "name.t" when each iteration has its own weights.
static void step_name(const lista_config *c, const char *name, int step, char *full, size_t size)
{
    if (c->tied)
        snprintf(full, size, "%s", name);
    else
        snprintf(full, size, "%s.%d", name, step);
}

static int threshold(graph *g, const lista_config *c, const code_space *s, int step, int codes)
{
    char name[64];
    step_name(c, "encoder.threshold", step, name, sizeof name);
    return graph_chain(g, "soft_threshold", name, codes, "{non_negative: %s}",
                       s->non_negative ? "true" : "false");
}

// z + We' (y - D z)
static int add_factored(graph *g, const lista_config *c, const code_space *s, int step, int images,
                        int codes)
{
    char name[64];
    shape y = graph_shape(g, images);
    step_name(c, "encoder.decode", step, name, sizeof name);
    int seen = graph_chain(g, "synthesise", name, codes,
                           "{channels: %d, height: %d, width: %d, kernel: %d, border: %s, unit: "
                           "false}",
                           y.c, y.h, y.w, s->kernel, s->border);
    int rest = graph_add(g, "add", "encoder.rest", (int[]){images, seen}, 2, "{sign: minus}");
    step_name(c, "filters", step, name, sizeof name);
    int pull = code_encoder_match(g, name, s, rest);
    return graph_add(g, "add", "encoder.sum", (int[]){codes, pull}, 2, "{}");
}

// u + S * z
static int add_dense(graph *g, const lista_config *c, const code_space *s, int step, int match,
                     int codes)
{
    char name[64];
    step_name(c, "encoder.inhibit", step, name, sizeof name);
    int pull = graph_chain(g, "conv2d", name, codes, "{channels: %d, kernel: %d, pad: %d}",
                           s->atoms, 2 * s->kernel - 1, s->kernel - 1);
    return graph_add(g, "add", "encoder.sum", (int[]){match, pull}, 2, "{}");
}

static int build(graph *g, const void *settings, const code_space *s, int images)
{
    const lista_config *c = settings;
    char name[64];
    step_name(c, "filters", 0, name, sizeof name);
    int match = code_encoder_match(g, name, s, images);
    int codes = threshold(g, c, s, 0, match);
    for (int step = 1; step <= c->steps; step++) {
        int sum = c->form == FACTORED ? add_factored(g, c, s, step, images, codes)
                                      : add_dense(g, c, s, step, match, codes);
        codes = threshold(g, c, s, step, sum);
    }
    return codes;
}

// S[a][b][d] = identity - length sum over c, u of D[a][c][u] D[b][c][u - d + (k-1)]: how much a
// code of atom b, d places away, is inhibited by atom a.
static void start_dense(const graph_param *p, int channels, const float *unit, double length,
                        float *weights)
{
    int atoms = p->spec.dims[0], wide = p->spec.dims[2], k = (wide + 1) / 2;
    size_t size = (size_t)channels * (size_t)k * (size_t)k;
    for (size_t pair = 0; pair < (size_t)atoms * (size_t)atoms; pair++) {
        size_t a = pair / (size_t)atoms, b = pair % (size_t)atoms;
        for (int place = 0; place < wide * wide; place++) {
            int dy = place / wide - (k - 1), dx = place % wide - (k - 1);
            double sum = dictionary_overlap(unit + a * size, unit + b * size, channels, k, dy, dx);
            bool same = a == b && dy == 0 && dx == 0;
            *weights++ = (float)((same ? 1.0 : 0.0) - length * sum);
        }
    }
}

static bool begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

static void start(const void *settings, const graph *g, const code_start *from, float *params,
                  float *rates)
{
    const lista_config *c = settings;
    double length = c->step / from->bound;
    int channels = 0; // of the filters, which come first
    for (int i = 0; graph_param_at(g, i) != NULL; i++) {
        const graph_param *p = graph_param_at(g, i);
        float *w = params + p->offset;
        if (!begins(p->name, "encoder.")) continue;
        rates[i] = (float)length;
        if (begins(p->name, "encoder.filters")) {
            channels = p->spec.dims[1];
            for (size_t k = 0; k < p->count; k++)
                w[k] = (float)((double)from->atoms[k] * length);
        } else if (begins(p->name, "encoder.decode")) {
            memcpy(w, from->atoms, p->count * sizeof *w);
            rates[i] = (float)c->decode_rate;
        } else if (begins(p->name, "encoder.threshold")) {
            for (size_t k = 0; k < p->count; k++)
                w[k] = (float)(from->lambda * length);
        } else {
            start_dense(p, channels, from->atoms, length, w);
        }
    }
}

const code_encoder_type encoder_lista = {
    .name = "lista",
    .help = "unrolled iterations of a learned proximal method",
    .fields = fields,
    .config_size = sizeof(lista_config),
    .build = build,
    .start = start,
};
