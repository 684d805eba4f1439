// models/ops/channel_slabs.h -- a tensor in any layout as slabs, for normalisation by channels.
//
// A group is as many channels as lie side by side (a block). A sample's part of a group is a slab
// of height * width * block floats (models/kernels/slab.h); its lane l belongs to channel l %
// block.
#ifndef MODELS_OPS_CHANNEL_SLABS_H
#define MODELS_OPS_CHANNEL_SLABS_H

#include "models/kernels/slab.h"
#include "models/graph/op_portions.h"

// What a normalisation may apply to its result.
#define NORM_ACTIVATIONS "none|relu"
enum { NORM_LINEAR, NORM_RELU };

typedef struct slabs {
    int samples, groups, block;
    size_t slab;  // floats of one
    double count; // values of a channel, in all samples
} slabs;

// Of the first input.
static inline slabs slabs_of(const op_plan *p)
{
    shape s = p->in[0];
    int block = p->in_block[0];
    // A vector of features is the same memory in every layout: take the widest.
    if (s.h == 1 && s.w == 1) block = s.c % 16 == 0 ? 16 : s.c % 8 == 0 ? 8 : 1;
    size_t image = (size_t)s.h * (size_t)s.w;
    return (slabs){s.n, s.c / block, block, image * (size_t)block, (double)image * s.n};
}

static inline size_t slab_at(const slabs *s, int sample, int group)
{
    return ((size_t)sample * (size_t)s->groups + (size_t)group) * s->slab;
}

static inline size_t first_channel(const slabs *s, int group)
{
    return (size_t)group * (size_t)s->block;
}

// One value a channel becomes one a lane.
static inline void spread(const float *channels, int block, float out[LANES])
{
    for (int l = 0; l < LANES; l++)
        out[l] = channels[l % block];
}

// The lanes of one channel become one value, in a fixed order.
static inline double gather(const double *lane_sums, int block, int channel)
{
    double sum = 0;
    for (int l = channel; l < LANES; l += block)
        sum += lane_sums[l];
    return sum;
}

#endif
