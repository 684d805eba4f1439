// models/kernels/winograd_weights.c -- transforms between weights and the positions of F(4 x 4, 3 x 3), for a
// block of outputs side by side.
#include "models/kernels/winograd.h"

enum { TAPS = 3, FILTER = TAPS * TAPS };

static const float third = 2.0f / 3.0f;

// G w
static void transform_taps(const vector w[TAPS], vector t[WINOGRAD_IN])
{
    vector even = w[0] + w[2], half_even = 4.0f * w[0] + w[2];
    t[0] = 4.0f * w[0];
    t[1] = third * (even + w[1]);
    t[2] = third * (even - w[1]);
    t[3] = -third * (half_even + 2.0f * w[1]);
    t[4] = -third * (half_even - 2.0f * w[1]);
    t[5] = w[2];
}

// G^T s
static void transform_sums(const vector s[WINOGRAD_IN], vector w[TAPS])
{
    vector even = s[1] + s[2], odd = s[1] - s[2];
    vector half_even = s[3] + s[4], half_odd = s[3] - s[4];
    w[0] = 4.0f * s[0] + third * (even - 4.0f * half_even);
    w[1] = third * (odd - 2.0f * half_odd);
    w[2] = third * (even - half_even) + s[5];
}

// to = G w G^T, positions `step` floats apart, of filters w (3, 3).
static void transform_filters(vector w[TAPS][TAPS], size_t step, float *to)
{
    vector rows[WINOGRAD_IN][TAPS];
    for (int v = 0; v < TAPS; v++) {
        const vector column[TAPS] = {w[0][v], w[1][v], w[2][v]};
        vector t[WINOGRAD_IN];
        transform_taps(column, t);
        for (int i = 0; i < WINOGRAD_IN; i++)
            rows[i][v] = t[i];
    }
    for (int i = 0; i < WINOGRAD_IN; i++) {
        vector t[WINOGRAD_IN];
        transform_taps(rows[i], t);
        for (int j = 0; j < WINOGRAD_IN; j++, to += step)
            memcpy(to, &t[j], sizeof t[j]);
    }
}

// The filters of VECTOR lanes, `step` floats apart; `turned`: by half a turn.
static void load_filters(const float *weights, size_t step, bool turned, vector w[TAPS][TAPS])
{
    float taps[FILTER][VECTOR];
    for (size_t lane = 0; lane < VECTOR; lane++, weights += step)
        for (int i = 0; i < FILTER; i++)
            taps[i][lane] = weights[turned ? FILTER - 1 - i : i];
    memcpy(w, taps, sizeof taps);
}

void winograd_read_weights(const float *weights, int in, int out, float *to)
{
    size_t ins = (size_t)in, outs = (size_t)out;
    for (size_t o = 0; o < outs; o += VECTOR)
        for (size_t c = 0; c < ins; c++, to += VECTOR) {
            vector w[TAPS][TAPS];
            load_filters(weights + (o * ins + c) * FILTER, ins * FILTER, false, w);
            transform_filters(w, ins * outs, to);
        }
}

void winograd_read_adjoint(const float *weights, int in, int out, float *to)
{
    size_t ins = (size_t)in, outs = (size_t)out;
    for (size_t c = 0; c < ins; c += VECTOR)
        for (size_t o = 0; o < outs; o++, to += VECTOR) {
            vector w[TAPS][TAPS];
            load_filters(weights + (o * ins + c) * FILTER, FILTER, true, w);
            transform_filters(w, ins * outs, to);
        }
}

// w (3, 3) = G^T s G of positions `step` floats apart.
static void transform_positions(const float *sums, size_t step, vector w[TAPS][TAPS])
{
    vector columns[TAPS][WINOGRAD_IN];
    for (size_t j = 0; j < WINOGRAD_IN; j++) {
        vector s[WINOGRAD_IN], t[TAPS];
        for (size_t i = 0; i < WINOGRAD_IN; i++)
            memcpy(&s[i], sums + (i * WINOGRAD_IN + j) * step, sizeof s[i]);
        transform_sums(s, t);
        for (int u = 0; u < TAPS; u++)
            columns[u][j] = t[u];
    }
    for (int u = 0; u < TAPS; u++)
        transform_sums(columns[u], w[u]);
}

void winograd_reduce_sums(const float *sums, int in, int out, float *to)
{
    size_t step = (size_t)in * (size_t)out;
    for (size_t at = 0; at < step; at += VECTOR, to += (size_t)FILTER * VECTOR) {
        vector w[TAPS][TAPS];
        transform_positions(sums + at, step, w);
        memcpy(to, w, sizeof w);
    }
}

void winograd_add_weights(const float *from, int in, int out, float *dweights)
{
    size_t ins = (size_t)in, outs = (size_t)out;
    for (size_t o = 0; o < outs; o += VECTOR)
        for (size_t c = 0; c < ins; c++)
            for (size_t tap = 0; tap < FILTER; tap++, from += VECTOR)
                for (size_t lane = 0; lane < VECTOR; lane++)
                    dweights[((o + lane) * ins + c) * FILTER + tap] += from[lane];
}
