// models/ops/synthesise.c -- an image from a code by a convolutional dictionary (the decoder).
//   y = D z:  y[n,c,p] = sum over q + u = p + margin and atoms a of  w[a,c,u] z[n,a,q]
//   dz = D' dy;  dw[a,c,u] += sum over n, q of z[n,a,q] dy[n,c,q + u - margin]
//   z (n, K, h, w), weight (K, C, k, k), atoms of length 1, y (n, C, H, W); borders:
//   models/codes/code_layout.h
//   source: Kavukcuoglu et al. 2010 (NIPS, "Learning convolutional feature hierarchies") eq. 2
// The statistics, if asked for (`activity`): activity (K), the mean of |z| of each atom over
// samples and places; power (K), the mean over samples of the sum of z^2 over places, which is the
// energy's curvature along the atom.
#include "models/ops/dictionary_op.h"

#include <math.h>
#include <string.h>

enum { ACTIVITY, POWER };

typedef struct synthesise_config {
    dictionary_config dictionary;
    int64_t channels, height, width;
    bool learn, unit, activity;
} synthesise_config;

static const config_field fields[] = {
    {"channels", FIELD_INT, offsetof(synthesise_config, channels), NULL, 1, 4096, NULL,
     "channels of the image"},
    {"kernel", FIELD_INT, offsetof(synthesise_config, dictionary.kernel), NULL, 1, 255, NULL,
     "height and width of an atom, pixels"},
    {"border", FIELD_TEXT, offsetof(synthesise_config, dictionary.border), "full", 0, 0,
     CODE_BORDERS, "how atoms lie at the image's edge"},
    {"height", FIELD_INT, offsetof(synthesise_config, height), NULL, 1, 65536, NULL,
     "of the image, pixels"},
    {"width", FIELD_INT, offsetof(synthesise_config, width), NULL, 1, 65536, NULL,
     "of the image, pixels"},
    {"learn", FIELD_BOOL, offsetof(synthesise_config, learn), "true", 0, 0, NULL,
     "whether the atoms get a gradient"},
    {"unit", FIELD_BOOL, offsetof(synthesise_config, unit), "true", 0, 0, NULL,
     "whether each atom keeps length 1"},
    {"activity", FIELD_BOOL, offsetof(synthesise_config, activity), "false", 0, 0, NULL,
     "whether to gather the statistic of this name"},
    {0}};

static status plan(const void *settings, op_plan *p)
{
    const synthesise_config *c = settings;
    shape z = p->in[0];
    p->out = (shape){z.n, (int)c->channels, (int)c->height, (int)c->width};
    CHECK(p->in_block[0] == 1, ST_CONFIG, "synthesise: takes codes in blocks of 1, got %d",
          p->in_block[0]);
    TRY(dictionary_plan(p, &c->dictionary, z.c, p->out));
    const code_layout *l = p->kernel;
    CHECK(z.h == l->height && z.w == l->width, ST_CONFIG,
          "synthesise: images of %d x %d have codes of %d x %d, got %d x %d", p->out.h, p->out.w,
          l->height, l->width, z.h, z.w);
    if (c->unit) p->constraints[0] = CONSTRAINT_UNIT_ROWS;
    if (c->activity) {
        p->statistic_count = 2;
        p->statistics[ACTIVITY] = (op_param){.name = "activity", .rank = 1, .dims = {z.c}};
        p->statistics[POWER] = (op_param){.name = "power", .rank = 1, .dims = {z.c}};
    }
    return ST_OK;
}

static void measure_activity(const op_plan *p, const float *codes, float *activity, float *power)
{
    size_t places = (size_t)p->in[0].h * (size_t)p->in[0].w, atoms = (size_t)p->in[0].c;
    for (size_t a = 0; a < atoms; a++) {
        double sum = 0, squares = 0;
        for (size_t n = 0; n < (size_t)p->in[0].n; n++) {
            const float *z = codes + (n * atoms + a) * places;
            float part = 0, square = 0;
            for (size_t q = 0; q < places; q++) {
                part += fabsf(z[q]);
                square += z[q] * z[q];
            }
            sum += (double)part;
            squares += (double)square;
        }
        activity[a] = (float)(sum / (double)(places * (size_t)p->in[0].n));
        power[a] = (float)(squares / (double)p->in[0].n);
    }
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    const code_layout *l = p->kernel;
    dictionary_scratch s = dictionary_take_scratch(p, run->scratch);
    for (size_t n = 0; n < (size_t)p->in[0].n; n++) {
        code_layout_pack_code(l, run->in[0] + n * code_layout_codes(l), s.code);
        dictionary_apply(l, run->packed, &s);
        code_layout_unpack_image(l, s.image, run->out + n * code_layout_pixels(l));
    }
    if (p->statistic_count > 0 && run->training && run->batch_statistics[0] != NULL)
        measure_activity(p, run->in[0], run->batch_statistics[ACTIVITY],
                         run->batch_statistics[POWER]);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    const code_layout *l = p->kernel;
    bool learn = ((const synthesise_config *)settings)->learn && run->dparams[0] != NULL;
    dictionary_scratch s = dictionary_take_scratch(p, run->scratch);
    memset(s.sums, 0, dictionary_sum_floats(&l->geometry) * sizeof *s.sums);
    for (size_t n = 0; n < (size_t)p->in[0].n; n++) {
        code_layout_pack_image(l, run->dout + n * code_layout_pixels(l), s.image);
        if (learn) {
            code_layout_pack_code(l, run->in[0] + n * code_layout_codes(l), s.code);
            dictionary_add_correlation(l, &s);
        }
        if (run->din[0] == NULL) continue;
        dictionary_analyse(&l->geometry, run->packed, s.image, s.code);
        code_layout_unpack_code(l, s.code, run->din[0] + n * code_layout_codes(l));
    }
    if (learn) dictionary_add_sums(&l->geometry, s.sums, 1, run->dparams[0]);
}

const op_type op_synthesise = {
    .name = "synthesise",
    .examples = {"{channels: 2, kernel: 3, height: 6, width: 5, activity: true}",
                 "{channels: 1, kernel: 3, height: 4, width: 3, border: same}",
                 "{channels: 3, kernel: 2, height: 3, width: 2, border: free}"},
    .example_in = {{2, 5, 4, 3}},
    .fields = fields,
    .config_size = sizeof(synthesise_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .prepare = dictionary_prepare,
    .forward = forward,
    .backward = backward,
    .release = dictionary_release,
};
