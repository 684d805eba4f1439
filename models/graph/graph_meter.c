// models/graph/graph_meter.c -- rows of times; full after MOST_ROWS, which is more than any net has
// nodes.
#include "models/graph/graph_meter.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

enum { MOST_ROWS = 2048 };

const char *const meter_pass_names[METER_PASSES] = {"prepare", "forward", "remake", "backward"};

static meter_row rows[MOST_ROWS];
static int row_count;
static bool on;

void graph_meter_start(void)
{
    row_count = 0;
    on = true;
}

const meter_row *graph_meter_at(int i)
{
    return i < row_count ? &rows[i] : NULL;
}

static meter_row *find(const char *name, const op_type *op, meter_pass pass)
{
    for (int i = 0; i < row_count; i++)
        if (rows[i].op == op && rows[i].pass == pass && strcmp(rows[i].name, name) == 0)
            return &rows[i];
    if (row_count == MOST_ROWS) return NULL;
    meter_row *row = &rows[row_count++];
    *row = (meter_row){.op = op, .pass = pass};
    snprintf(row->name, sizeof row->name, "%s", name);
    return row;
}

// Of one product of the weights with all places of the output.
static double product_flops(const op_plan *p)
{
    double weights = 0;
    for (int i = 0; i < p->param_count; i++) {
        double count = p->params[i].rank > 1 ? 1 : 0;
        for (int d = 0; d < p->params[i].rank; d++)
            count *= p->params[i].dims[d];
        weights += count;
    }
    return 2 * weights * p->out.n * p->out.h * p->out.w;
}

static double bytes_of_input(const op_plan *p, int i)
{
    return (double)tensor_bytes(p->in[i], p->in_bf16[i]);
}

static double bytes_of_output(const op_plan *p)
{
    return (double)tensor_bytes(p->out, p->out_bf16);
}

static void count_forward(const op_plan *p, meter_row *row)
{
    row->flops += product_flops(p);
    row->bytes += bytes_of_output(p);
    for (int i = 0; i < p->input_count; i++)
        row->bytes += bytes_of_input(p, i);
}

static void count_backward(const op_plan *p, const op_run *run, meter_row *row)
{
    row->flops += (run->din[0] != NULL ? 2 : 1) * product_flops(p);
    row->bytes += bytes_of_output(p) * (p->backward_reads_output ? 2 : 1);
    for (int i = 0; i < p->input_count; i++)
        row->bytes += bytes_of_input(p, i) *
                      ((p->backward_reads_input[i] ? 1 : 0) + (run->din[i] != NULL ? 1 : 0));
}

double graph_meter_begin(void)
{
    return on ? clock_thread_seconds() : 0;
}

void graph_meter_end(double since, const char *name, const op_type *op, meter_pass pass)
{
    if (!on) return;
    double seconds = clock_thread_seconds() - since;
    meter_row *row = find(name, op, pass);
    if (row != NULL) row->seconds += seconds;
}

void graph_meter_count(const char *name, const op_type *op, meter_pass pass, const op_plan *plan,
                       const op_run *run)
{
    meter_row *row = on ? find(name, op, pass) : NULL;
    if (row == NULL) return;
    row->calls++;
    if (pass == METER_FORWARD || pass == METER_REMAKE) count_forward(plan, row);
    if (pass == METER_BACKWARD) count_backward(plan, run, row);
    if (pass == METER_PREPARE) row->bytes += (double)plan->packed_bytes * 2;
}
