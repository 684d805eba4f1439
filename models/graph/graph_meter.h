// models/graph/graph_meter.h -- what the nodes of all graphs in this process cost, for benches.
//
// Off until graph_meter_start; then every pass of a node is timed by the thread's own clock and
// added to the row of its name, operation and pass. Nodes of one name in several graphs (an encoder
// and its slow copy) share a row.
#ifndef MODELS_GRAPH_GRAPH_METER_H
#define MODELS_GRAPH_GRAPH_METER_H

#include "models/graph/op.h"

#include <stdint.h>

typedef enum meter_pass {
    METER_PREPARE,
    METER_FORWARD,
    METER_REMAKE,
    METER_BACKWARD,
    METER_PASSES
} meter_pass;

extern const char *const meter_pass_names[METER_PASSES];

typedef struct meter_row {
    char name[64];
    const op_type *op;
    meter_pass pass;
    uint64_t calls;
    double seconds;
    double flops; // products with the node's weights, two a multiply-add; 0 without such weights
    double bytes; // that must be read and written, each once
} meter_row;

// Zeroes all rows and begins to count.
void graph_meter_start(void);

// Row i in the order of first passes; NULL past the end.
const meter_row *graph_meter_at(int i);

// For graph_run.c, around a call that belongs to a pass: the time at its start, and its end. Off:
// 0, and nothing.
double graph_meter_begin(void);
void graph_meter_end(double since, const char *name, const op_type *op, meter_pass pass);

// Of the pass there has been one more, over the whole batch.
void graph_meter_count(const char *name, const op_type *op, meter_pass pass, const op_plan *plan,
                       const op_run *run);

#endif
