// models/graph/op_param.h -- what an operation says of its parameters and running statistics.
#ifndef MODELS_GRAPH_OP_PARAM_H
#define MODELS_GRAPH_OP_PARAM_H

#include <stdbool.h>

// A running statistic's update, which is the trainer's: new = (1 - momentum) old + momentum mean,
// the mean being that of batch_statistics over all workers. 0.1 is PyTorch's.
#define STATISTIC_MOMENTUM 0.1f

// How a parameter starts: uniform in ±scale, normal of deviation scale, or the constant scale.
typedef enum op_init { INIT_UNIFORM, INIT_NORMAL, INIT_CONSTANT } op_init;

// What a parameter must fulfil after every update; the trainer sees to it.
typedef enum op_constraint {
    CONSTRAINT_NONE,
    CONSTRAINT_UNIT_ROWS // each row (first dimension) has length 1: the atoms of a dictionary
} op_constraint;

typedef struct op_param {
    const char *name; // "weight", "bias", "running_mean": PyTorch's name
    int rank;         // number of dims, 1..4
    int dims[4];      // row-major; convolution weights are (out, in, height, width)
    op_init init;
    float scale;
    bool is_norm_or_bias; // weight decay may spare it
} op_param;

#endif
