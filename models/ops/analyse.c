// models/ops/analyse.c -- how well each atom matches each place of an image (a linear encoder).
//   z = W' y:  z[n,a,q] = sum over c, u of  w[a,c,u] y[n,c,q + u - margin],  y = 0 in the margin
//   dy = W dz;  dw[a,c,u] += sum over n, q of dz[n,a,q] y[n,c,q + u - margin]
//   y (n, C, H, W), weight (K, C, k, k), z (n, K, h, w); borders: models/codes/code_layout.h
//   The adjoint of synthesise with the same weights; as conv2d with padding `margin`, made for few
//   channels.
#include "models/ops/dictionary_op.h"

#include <string.h>

typedef struct analyse_config {
    dictionary_config dictionary;
    int64_t atoms;
} analyse_config;

static const config_field fields[] = {
    {"atoms", FIELD_INT, offsetof(analyse_config, atoms), NULL, 1, 65536, NULL,
     "channels of the code"},
    {"kernel", FIELD_INT, offsetof(analyse_config, dictionary.kernel), NULL, 1, 255, NULL,
     "height and width of an atom, pixels"},
    {"border", FIELD_TEXT, offsetof(analyse_config, dictionary.border), "full", 0, 0, CODE_BORDERS,
     "how atoms lie at the image's edge"},
    {0}};

static status plan(const void *settings, op_plan *p)
{
    const analyse_config *c = settings;
    shape y = p->in[0];
    CHECK(p->in_block[0] == 1, ST_CONFIG, "analyse: takes images in blocks of 1, got %d",
          p->in_block[0]);
    TRY(dictionary_plan(p, &c->dictionary, (int)c->atoms, y));
    const code_layout *l = p->kernel;
    p->out = (shape){y.n, l->geometry.atoms, l->height, l->width};
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    const code_layout *l = p->kernel;
    dictionary_scratch s = dictionary_take_scratch(p, run->scratch);
    for (size_t n = 0; n < (size_t)p->in[0].n; n++) {
        code_layout_pack_image(l, run->in[0] + n * code_layout_pixels(l), s.image);
        dictionary_analyse(&l->geometry, run->packed, s.image, s.code);
        code_layout_unpack_code(l, s.code, run->out + n * code_layout_codes(l));
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    const code_layout *l = p->kernel;
    dictionary_scratch s = dictionary_take_scratch(p, run->scratch);
    memset(s.sums, 0, dictionary_sum_floats(&l->geometry) * sizeof *s.sums);
    for (size_t n = 0; n < (size_t)p->in[0].n; n++) {
        code_layout_pack_code(l, run->dout + n * code_layout_codes(l), s.code);
        code_layout_pack_image(l, run->in[0] + n * code_layout_pixels(l), s.image);
        dictionary_add_correlation(l, &s);
        if (run->din[0] == NULL) continue;
        dictionary_apply(l, run->packed, &s);
        code_layout_unpack_image(l, s.image, run->din[0] + n * code_layout_pixels(l));
    }
    if (run->dparams[0] != NULL) dictionary_add_sums(&l->geometry, s.sums, 1, run->dparams[0]);
}

const op_type op_analyse = {
    .name = "analyse",
    .examples = {"{atoms: 5, kernel: 3}", "{atoms: 4, kernel: 5, border: same}",
                 "{atoms: 17, kernel: 2, border: free}"},
    .example_in = {{2, 3, 6, 5}},
    .fields = fields,
    .config_size = sizeof(analyse_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .prepare = dictionary_prepare,
    .forward = forward,
    .backward = backward,
    .release = dictionary_release,
};
