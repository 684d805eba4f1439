// models/kernels/convolution/winograd_weights.c -- transforms between weights and the positions of
// F(4 x 4, 3 x 3), for a block of outputs side by side.
#include "models/kernels/convolution/winograd.h"

#include "base/arena.h"

enum { TAPS = 3, FILTER = TAPS * TAPS };

static const float third = 2.0f / 3.0f;

// G w
ALWAYS_INLINE void transform_taps(const vector w[TAPS], vector t[WINOGRAD_IN])
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
ALWAYS_INLINE void transform_filters(vector w[TAPS][TAPS], size_t step, float *to)
{
    vector rows[WINOGRAD_IN][TAPS];
    UNROLLED
    for (int v = 0; v < TAPS; v++) {
        const vector column[TAPS] = {w[0][v], w[1][v], w[2][v]};
        vector t[WINOGRAD_IN];
        transform_taps(column, t);
        UNROLLED
        for (int i = 0; i < WINOGRAD_IN; i++)
            rows[i][v] = t[i];
    }
    UNROLLED
    for (int i = 0; i < WINOGRAD_IN; i++) {
        vector t[WINOGRAD_IN];
        transform_taps(rows[i], t);
        UNROLLED
        for (int j = 0; j < WINOGRAD_IN; j++, to += step)
            memcpy(to, &t[j], sizeof t[j]);
    }
}

#if VECTOR == 16
#define FIRST_HALVES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define LAST_HALVES  8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#ifdef __clang__
#define INTERLEAVE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define INTERLEAVE(a, b, ...) __builtin_shuffle(a, b, (vector_mask){__VA_ARGS__})
#endif

// to = from, one turn of four of a transposition: number i of all 256 goes to (i 2) mod 255.
ALWAYS_INLINE void riffle(const vector from[VECTOR], vector to[VECTOR])
{
    UNROLLED
    for (size_t i = 0; i < VECTOR / 2; i++) {
        to[2 * i] = INTERLEAVE(from[i], from[i + VECTOR / 2], FIRST_HALVES);
        to[2 * i + 1] = INTERLEAVE(from[i], from[i + VECTOR / 2], LAST_HALVES);
    }
}

// The same, where so much may be read from each lane's first tap on.
ALWAYS_INLINE void load_whole_vectors(const float *weights, size_t step, bool turned,
                                      vector w[TAPS][TAPS])
{
    vector a[VECTOR], b[VECTOR];
    UNROLLED
    for (size_t lane = 0; lane < VECTOR; lane++)
        memcpy(&a[lane], weights + lane * step, sizeof a[lane]);
    riffle(a, b), riffle(b, a), riffle(a, b), riffle(b, a);
    UNROLLED
    for (int i = 0; i < FILTER; i++)
        memcpy(&w[i / TAPS][i % TAPS], &a[turned ? FILTER - 1 - i : i], sizeof a[i]);
}
#endif

// The filters of VECTOR lanes, `step` floats apart; `turned`: by half a turn. Nothing is read from
// `end` on.
ALWAYS_INLINE void load_filters(const float *weights, size_t step, const float *end, bool turned,
                                vector w[TAPS][TAPS])
{
#if VECTOR == 16
    if (weights + (VECTOR - 1) * step + VECTOR <= end) {
        load_whole_vectors(weights, step, turned, w);
        return;
    }
#endif
    (void)end;
    float taps[FILTER][VECTOR];
    for (size_t lane = 0; lane < VECTOR; lane++, weights += step)
        for (int i = 0; i < FILTER; i++)
            taps[i][lane] = weights[turned ? FILTER - 1 - i : i];
    memcpy(w, taps, sizeof taps);
}

winograd_filters winograd_all_filters(int in, int out)
{
    return (winograd_filters){
        .in = (size_t)in, .out = (size_t)out, .ins = (size_t)in, .outs = (size_t)out};
}

size_t winograd_filters_floats(size_t ins, size_t outs)
{
    return arena_padded(WINOGRAD_POSITIONS * winograd_filter_step(ins, outs) * sizeof(float)) /
           sizeof(float);
}

// Where the filter from input channel c to output channel o lies.
static size_t filter_at(const winograd_filters *f, size_t o, size_t c)
{
    return ((f->first_out + o) * f->in + f->first_in + c) * FILTER;
}

void winograd_read_weights(const float *weights, const winograd_filters *f, float *to)
{
    size_t step = winograd_filter_step(f->ins, f->outs);
    const float *end = weights + f->in * f->out * FILTER;
    for (size_t o = 0; o < f->outs; o += VECTOR)
        for (size_t c = 0; c < f->ins; c++, to += VECTOR) {
            vector w[TAPS][TAPS];
            load_filters(weights + filter_at(f, o, c), f->in * FILTER, end, false, w);
            transform_filters(w, step, to);
        }
}

void winograd_read_adjoint(const float *weights, const winograd_filters *f, float *to)
{
    size_t step = winograd_filter_step(f->ins, f->outs);
    const float *end = weights + f->in * f->out * FILTER;
    for (size_t c = 0; c < f->ins; c += VECTOR)
        for (size_t o = 0; o < f->outs; o++, to += VECTOR) {
            vector w[TAPS][TAPS];
            load_filters(weights + filter_at(f, o, c), FILTER, end, true, w);
            transform_filters(w, step, to);
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

void winograd_reduce_sums(const float *sums, const winograd_filters *f, float *to)
{
    size_t step = winograd_filter_step(f->ins, f->outs);
    for (size_t o = 0; o < f->outs; o += VECTOR) {
        float *row = to + ((f->first_out + o) * f->in + f->first_in * VECTOR) * FILTER;
        for (size_t c = 0; c < f->ins; c++, sums += VECTOR, row += (size_t)FILTER * VECTOR) {
            vector w[TAPS][TAPS], sum[TAPS][TAPS];
            transform_positions(sums, step, w);
            memcpy(sum, row, sizeof sum);
            for (int u = 0; u < TAPS; u++)
                for (int v = 0; v < TAPS; v++)
                    sum[u][v] += w[u][v];
            memcpy(row, sum, sizeof sum);
        }
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
