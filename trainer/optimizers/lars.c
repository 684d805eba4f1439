// trainer/optimizers/lars.c -- SGD whose step follows the length of each weight tensor.
//   d = g + weight_decay w;  v <- momentum v + trust |w| / |d| d;  w <- w - lr v
//   norms and biases: d = g, and v <- momentum v + g
//   source: You, Gitman, Ginsburg 2017 (arXiv 1708.03888) alg. 1, in the form of MoCo v3: the
//   learning rate stands outside v, norms and biases have neither decay nor trust ratio
//   Differs: the ratio is 1 where |w| or |d| is 0, so that zero weights can leave zero.
#include "trainer/optimizer.h"

#include <math.h>

typedef struct lars_config {
    double momentum, weight_decay, trust;
} lars_config;

static const config_field fields[] = {
    {"momentum", FIELD_REAL, offsetof(lars_config, momentum), "0.9", 0, 1, NULL,
     "share of the last step kept"},
    {"weight_decay", FIELD_REAL, offsetof(lars_config, weight_decay), "1e-6", 0, 10, NULL,
     "on all but norms and biases"},
    {"trust", FIELD_REAL, offsetof(lars_config, trust), "0.001", 1e-9, 10, NULL,
     "length of a step over that of the weights, at learning rate 1"},
    {0}};

// |a + factor b|, summed in order, so the same bits everywhere.
static double norm(const float *a, const float *b, float factor, size_t count)
{
    double square = 0;
    for (size_t i = 0; i < count; i++) {
        float x = a[i] + factor * b[i];
        square += (double)x * (double)x;
    }
    return sqrt(square);
}

static float trust_ratio(const lars_config *c, const float *w, const float *g, size_t count)
{
    double weight = norm(w, w, 0.0f, count);
    double pull = norm(g, w, (float)c->weight_decay, count);
    return weight > 0 && pull > 0 ? (float)(c->trust * weight / pull) : 1.0f;
}

static void update(const void *settings, const optimizer_step *s)
{
    const lars_config *c = settings;
    float momentum = (float)c->momentum;
    for (int i = 0; i < s->segment_count; i++) {
        const optimizer_segment *segment = &s->segments[i];
        const float *restrict g = s->gradient + segment->offset;
        float *restrict w = s->params + segment->offset;
        float *restrict v = s->states[0] + segment->offset;
        float lr = (float)(s->lr * segment->rate);
        float decay = segment->is_norm_or_bias ? 0.0f : (float)c->weight_decay;
        float ratio = segment->is_norm_or_bias ? 1.0f : trust_ratio(c, w, g, segment->count);
        for (size_t k = 0; k < segment->count; k++) {
            v[k] = momentum * v[k] + ratio * (g[k] + decay * w[k]);
            w[k] -= lr * v[k];
        }
    }
}

const optimizer_type optimizer_lars = {
    .name = "lars",
    .help = "SGD with a trust ratio for each tensor, for large batches",
    .fields = fields,
    .config_size = sizeof(lars_config),
    .state_names = {"momentum"},
    .update = update,
};
