// trainer/optimizers/adamw.c -- steps of even size by two moments of the gradient; decay apart.
//   m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;  t = 1, 2, ...
//   w <- (1 - lr weight_decay) w - lr / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps)
//   source: Loshchilov & Hutter 2017 (arXiv 1711.05101) alg. 2, in the form of torch.optim.AdamW
//   (the learning rate scales the decay too)
#include "trainer/optimizer.h"

#include <math.h>

typedef struct adamw_config {
    double beta1, beta2, eps, weight_decay;
    bool decay_norms;
} adamw_config;

static const config_field fields[] = {
    {"beta1", FIELD_REAL, offsetof(adamw_config, beta1), "0.9", 0, 0.999999, NULL,
     "share of the gradient's mean kept"},
    {"beta2", FIELD_REAL, offsetof(adamw_config, beta2), "0.999", 0, 0.999999, NULL,
     "share of its mean square kept"},
    {"eps", FIELD_REAL, offsetof(adamw_config, eps), "1e-8", 1e-16, 1, NULL,
     "added to the root of the mean square"},
    {"weight_decay", FIELD_REAL, offsetof(adamw_config, weight_decay), "0.01", 0, 10, NULL,
     "share of a weight lost a step, at learning rate 1"},
    {"decay_norms", FIELD_BOOL, offsetof(adamw_config, decay_norms), "true", 0, 0, NULL,
     "weight decay on norms and biases too"},
    {0}};

static void update(const void *settings, const optimizer_step *s)
{
    const adamw_config *c = settings;
    double t = (double)s->step + 1;
    float b1 = (float)c->beta1, b2 = (float)c->beta2, eps = (float)c->eps;
    float take1 = (float)(1 - c->beta1), take2 = (float)(1 - c->beta2);
    float root = (float)(1 / sqrt(1 - pow(c->beta2, t)));
    for (int i = 0; i < s->segment_count; i++) {
        const optimizer_segment *segment = &s->segments[i];
        const float *restrict g = s->gradient + segment->offset;
        float *restrict w = s->params + segment->offset;
        float *restrict m = s->states[0] + segment->offset;
        float *restrict v = s->states[1] + segment->offset;
        double lr = s->lr * segment->rate;
        float rate = (float)(lr / (1 - pow(c->beta1, t)));
        bool decays = c->decay_norms || !segment->is_norm_or_bias;
        float keep = decays ? (float)(1 - lr * c->weight_decay) : 1.0f;
        for (size_t k = 0; k < segment->count; k++) {
            m[k] = b1 * m[k] + take1 * g[k];
            v[k] = b2 * v[k] + take2 * g[k] * g[k];
            w[k] = keep * w[k] - rate * m[k] / (sqrtf(v[k]) * root + eps);
        }
    }
}

const optimizer_type optimizer_adamw = {
    .name = "adamw",
    .help = "Adam with decoupled weight decay",
    .fields = fields,
    .config_size = sizeof(adamw_config),
    .state_names = {"first_moment", "second_moment"},
    .update = update,
};
