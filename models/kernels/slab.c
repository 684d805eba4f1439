// models/kernels/slab.c -- the passes of batch norm over one slab.
//
// Each pass is one inline function of what kind its numbers are, compiled once for floats alone.
#include "models/kernels/slab.h"

#include "models/kernels/bf16.h"

// A sum of floats runs over so many, then goes into doubles.
#define RUN ((size_t)64 * LANES)

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// pass(s, ..., numbers, bf16, residual_bf16) with kinds the compiler knows, where they are the usual ones.
#define WITH_KINDS(pass, s, ...)                                                                   \
    do {                                                                                           \
        bool residual_bf16 = (s)->residual_bf16;                                                   \
        if ((s)->numbers == SLAB_FLOATS && !(s)->bf16 && !residual_bf16)                           \
            pass(s, __VA_ARGS__, SLAB_FLOATS, false, false);                                       \
        else if ((s)->numbers == SLAB_BF16 && (s)->bf16 &&                                         \
                 (residual_bf16 || (s)->residual == NULL))                                         \
            pass(s, __VA_ARGS__, SLAB_BF16, true, true);                                           \
        else if ((s)->numbers == SLAB_BF16 && !(s)->bf16 && !residual_bf16)                        \
            pass(s, __VA_ARGS__, SLAB_BF16, false, false);                                         \
        else if ((s)->numbers == SLAB_BF16 && !(s)->bf16)                                          \
            pass(s, __VA_ARGS__, SLAB_BF16, false, true);                                          \
        else if ((s)->numbers == SLAB_ROUNDED && !(s)->bf16 && !residual_bf16)                     \
            pass(s, __VA_ARGS__, SLAB_ROUNDED, false, false);                                      \
        else                                                                                       \
            pass(s, __VA_ARGS__, (s)->numbers, (s)->bf16, residual_bf16);                          \
    } while (0)

// Lanes i .. i+LANES-1 of an array, or those before `end`.
ALWAYS_INLINE void load(lanes *to, const void *from, size_t i, size_t end, bool bf16)
{
    if (bf16)
        bf16_load(to, (const uint16_t *)from + i, end - i);
    else
        lanes_load(to, (const float *)from + i, end - i);
}

ALWAYS_INLINE void load_x(lanes *to, const slab *s, size_t i, size_t end, slab_numbers numbers)
{
    load(to, s->x, i, end, numbers == SLAB_BF16);
    if (numbers != SLAB_ROUNDED) return;
    bf16_lanes half;
    bf16_round(&half, to);
    bf16_load(to, (const uint16_t *)&half, LANES);
}

ALWAYS_INLINE void store(void *to, const lanes *from, size_t i, size_t end, bool bf16)
{
    if (bf16)
        bf16_store((uint16_t *)to + i, from, end - i);
    else
        lanes_store((float *)to + i, from, end - i);
}

static void add_lanes(double *sums, const lanes *terms)
{
    for (int l = 0; l < LANES; l++)
        sums[l] += (double)(*terms)[l];
}

static size_t run_end(size_t start, size_t count)
{
    return count - start < RUN ? count : start + RUN;
}

ALWAYS_INLINE void sum_numbers(const slab *s, const lanes *shift, double *sums, double *squares,
                               slab_numbers numbers, bool unused, bool unused_too)
{
    (void)unused, (void)unused_too;
    const lanes centre = *shift;
    for (size_t start = 0; start < s->count; start += RUN) {
        size_t end = run_end(start, s->count);
        lanes sum = {0}, square = {0};
        for (size_t i = start; i < end; i += LANES) {
            lanes v = centre;
            load_x(&v, s, i, end, numbers);
            if (s->rounded != NULL) bf16_store(s->rounded + i, &v, end - i);
            v -= centre;
            // Where there is no number, v was not the centre.
            if (numbers != SLAB_FLOATS && end - i < LANES)
                for (size_t l = end - i; l < LANES; l++)
                    v[l] = 0;
            sum += v;
            square += v * v;
        }
        add_lanes(sums, &sum);
        add_lanes(squares, &square);
    }
}

void slab_sum(const slab *s, const lanes *shift, double *sums, double *squares)
{
    WITH_KINDS(sum_numbers, s, shift, sums, squares);
}

ALWAYS_INLINE void normalise(const slab *s, const lanes constants[3], slab_numbers numbers,
                             bool bf16, bool residual_bf16)
{
    const lanes mean = constants[0], scale = constants[1], bias = constants[2], zero = {0};
    const void *residual = s->residual;
    for (size_t i = 0; i < s->count; i += LANES) {
        lanes v = zero, r = zero;
        load_x(&v, s, i, s->count, numbers);
        v = (v - mean) * scale + bias;
        if (residual != NULL) {
            load(&r, residual, i, s->count, residual_bf16);
            v += r;
        }
        if (s->relu) v = LANES_WHERE(~(v < zero), v);
        store(s->y, &v, i, s->count, bf16);
    }
}

void slab_normalise(const slab *s, const lanes constants[3])
{
    WITH_KINDS(normalise, s, constants);
}

// dr, given dy and x. Beyond `end` lanes of dy are 0.
ALWAYS_INLINE void pull(const slab *s, const lanes constants[3], const lanes *v, size_t i,
                        size_t end, bool bf16, lanes *dr)
{
    const lanes zero = {0};
    lanes g = zero, out = zero;
    load(&g, s->dy, i, end, bf16);
    if (s->relu && s->activity != NULL) {
        load(&out, s->activity, i, end, bf16);
        g = LANES_WHERE(out > zero, g);
    } else if (s->relu) {
        out = (*v - constants[0]) * constants[1] + constants[2];
        g = LANES_WHERE(out > zero, g);
    }
    *dr = g;
}

ALWAYS_INLINE void reduce(const slab *s, const lanes constants[3], double *sums, double *products,
                          slab_numbers numbers, bool bf16, bool unused)
{
    (void)unused;
    const lanes mean = constants[0];
    for (size_t start = 0; start < s->count; start += RUN) {
        size_t end = run_end(start, s->count);
        lanes sum = {0}, product = {0};
        for (size_t i = start; i < end; i += LANES) {
            lanes v = mean, dr;
            load_x(&v, s, i, end, numbers);
            pull(s, constants, &v, i, end, bf16, &dr);
            sum += dr;
            product += dr * (v - mean);
        }
        add_lanes(sums, &sum);
        add_lanes(products, &product);
    }
}

void slab_reduce(const slab *s, const lanes constants[3], double *sums, double *products)
{
    WITH_KINDS(reduce, s, constants, sums, products);
}

ALWAYS_INLINE void differentiate(const slab *s, const lanes constants[5], slab_numbers numbers,
                                 bool bf16, bool residual_bf16)
{
    const lanes mean = constants[0], scale = constants[1], b = constants[3], c = constants[4];
    void *dx = s->dx, *dr = s->dr;
    for (size_t i = 0; i < s->count; i += LANES) {
        lanes v = mean, g;
        load_x(&v, s, i, s->count, numbers);
        pull(s, constants, &v, i, s->count, bf16, &g);
        if (dr != NULL) store(dr, &g, i, s->count, residual_bf16);
        if (dx == NULL) continue;
        v = scale * g + b + c * (v - mean);
        store(dx, &v, i, s->count, bf16);
    }
}

void slab_differentiate(const slab *s, const lanes constants[5])
{
    WITH_KINDS(differentiate, s, constants);
}
