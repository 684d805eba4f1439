// trainer/optimizers/sgd.c -- stochastic gradient descent with momentum and weight decay.
//   v <- momentum v + (g + weight_decay w);  w <- w - lr v
//   nesterov: w <- w - lr (g + weight_decay w + momentum v), with the new v
//   source: Sutskever et al. 2013, in the form of torch.optim.SGD (decay joins the gradient, the
//   learning rate stands outside v)
#include "trainer/optimizer.h"

typedef struct sgd_config {
    double momentum, weight_decay;
    bool nesterov, decay_norms;
} sgd_config;

static const config_field fields[] = {{"momentum", FIELD_REAL, offsetof(sgd_config, momentum),
                                       "0.9", 0, 1, NULL, "share of the last step kept"},
                                      {"weight_decay", FIELD_REAL,
                                       offsetof(sgd_config, weight_decay), "1e-4", 0, 10, NULL,
                                       "pull of the parameters to zero"},
                                      {"nesterov", FIELD_BOOL, offsetof(sgd_config, nesterov),
                                       "false", 0, 0, NULL, "step by the momentum to come"},
                                      {"decay_norms", FIELD_BOOL, offsetof(sgd_config, decay_norms),
                                       "true", 0, 0, NULL, "weight decay on norms and biases too"},
                                      {0}};

static void update_segment(float *restrict w, float *restrict v, const float *restrict g,
                           size_t count, float momentum, float decay, float lr)
{
    for (size_t i = 0; i < count; i++) {
        float pull = g[i] + decay * w[i];
        v[i] = momentum * v[i] + pull;
        w[i] -= lr * v[i];
    }
}

static void update_nesterov(float *restrict w, float *restrict v, const float *restrict g,
                            size_t count, float momentum, float decay, float lr)
{
    for (size_t i = 0; i < count; i++) {
        float pull = g[i] + decay * w[i];
        v[i] = momentum * v[i] + pull;
        w[i] -= lr * (pull + momentum * v[i]);
    }
}

static void update(const void *settings, const optimizer_step *s)
{
    const sgd_config *c = settings;
    for (int i = 0; i < s->segment_count; i++) {
        const optimizer_segment *segment = &s->segments[i];
        size_t at = segment->offset;
        bool decays = c->decay_norms || !segment->is_norm_or_bias;
        float decay = decays ? (float)c->weight_decay : 0.0f;
        (c->nesterov ? update_nesterov : update_segment)(
            s->params + at, s->states[0] + at, s->gradient + at, segment->count, (float)c->momentum,
            decay, (float)(s->lr * segment->rate));
    }
}

const optimizer_type optimizer_sgd = {
    .name = "sgd",
    .help = "stochastic gradient descent with momentum",
    .fields = fields,
    .config_size = sizeof(sgd_config),
    .state_names = {"momentum"},
    .update = update,
};
