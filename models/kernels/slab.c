// models/kernels/slab.c -- the passes of batch norm over one slab.
//
// Each pass is one inline function of what kind its numbers are, compiled once for floats alone. It
// takes LANES numbers at a time, in registers of VECTOR, for gcc keeps no wider vector in
// registers.
#include "models/kernels/slab.h"

#include "models/kernels/bf16.h"

// A sum of floats runs over so many, then goes into doubles.
#define RUN ((size_t)64 * LANES)

// pass(s, ..., numbers, bf16, residual_bf16) with kinds the compiler knows, where they are the
// usual ones.
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

// Where `left` numbers of an array remain, those that there are.
ALWAYS_INLINE void load(vector *to, const void *from, size_t at, size_t left, bool bf16)
{
    if (bf16)
        bf16_load(to, (const uint16_t *)from + at, left);
    else
        vector_load(to, (const float *)from + at, left);
}

ALWAYS_INLINE void load_x(vector *to, const slab *s, size_t at, size_t left, slab_numbers numbers)
{
    load(to, s->x, at, left, numbers == SLAB_BF16);
    if (numbers != SLAB_ROUNDED) return;
    bf16_vector half;
    bf16_round(&half, to);
    bf16_load(to, (const uint16_t *)&half, VECTOR);
}

ALWAYS_INLINE void store(void *to, const vector *from, size_t at, size_t left, bool bf16)
{
    if (bf16)
        bf16_store((uint16_t *)to + at, from, left);
    else
        vector_store((float *)to + at, from, left);
}

// How many of `left` numbers remain for register r of their lanes.
ALWAYS_INLINE size_t left_for(size_t r, size_t left)
{
    return r * VECTOR < left ? left - r * VECTOR : 0;
}

// pass(s, r, at, left, ...) for each register r of the lanes of numbers first .. end - 1: those of
// LANES that are all there without asking how many are left, then the rest.
#define EACH_REGISTER(first, end, pass, s, ...)                                                    \
    do {                                                                                           \
        size_t place = (first);                                                                    \
        for (; place + LANES <= (end); place += LANES) {                                           \
            UNROLLED                                                                               \
            for (size_t r = 0; r < LANES_REGISTERS; r++)                                           \
                pass(s, r, place + r * VECTOR, VECTOR, __VA_ARGS__);                               \
        }                                                                                          \
        for (size_t r = 0; place < (end) && r < LANES_REGISTERS; r++)                              \
            pass(s, r, place + r * VECTOR, left_for(r, (end)-place), __VA_ARGS__);                 \
    } while (0)

// Of one register's lanes.
typedef struct register_constants {
    vector mean, scale, bias, b, c;
} register_constants;

ALWAYS_INLINE void take_constants(const slab_constants *from, bool all,
                                  register_constants taken[LANES_REGISTERS])
{
    UNROLLED
    for (size_t r = 0, lane = 0; r < LANES_REGISTERS; r++, lane += VECTOR) {
        register_constants *k = &taken[r];
        memcpy(&k->mean, from->mean + lane, sizeof k->mean);
        memcpy(&k->scale, from->scale + lane, sizeof k->scale);
        memcpy(&k->bias, from->bias + lane, sizeof k->bias);
        if (!all) continue;
        memcpy(&k->b, from->b + lane, sizeof k->b);
        memcpy(&k->c, from->c + lane, sizeof k->c);
    }
}

// Two sums in each lane.
typedef struct lane_sums {
    vector first, second;
} lane_sums;

static void add_sums(const lane_sums terms[LANES_REGISTERS], double *first, double *second)
{
    for (size_t l = 0; l < LANES; l++) {
        first[l] += (double)terms[l / VECTOR].first[l % VECTOR];
        second[l] += (double)terms[l / VECTOR].second[l % VECTOR];
    }
}

static size_t run_end(size_t start, size_t count)
{
    return count - start < RUN ? count : start + RUN;
}

ALWAYS_INLINE void sum_register(const slab *s, size_t r, size_t at, size_t left,
                                const vector *shifts, slab_numbers numbers, lane_sums *sums)
{
    const vector shift = shifts[r];
    vector v = shift;
    load_x(&v, s, at, left, numbers);
    if (s->rounded != NULL) bf16_store(s->rounded + at, &v, left);
    v -= shift;
    // Where there is no number, v was not the shift.
    if (numbers != SLAB_FLOATS && left < VECTOR)
        for (size_t l = left; l < VECTOR; l++)
            v[l] = 0;
    sums[r].first += v;
    sums[r].second += v * v;
}

ALWAYS_INLINE void sum_numbers(const slab *s, const float *shift, double *sums, double *squares,
                               slab_numbers numbers, bool unused, bool unused_too)
{
    (void)unused, (void)unused_too;
    vector shifts[LANES_REGISTERS];
    memcpy(shifts, shift, sizeof shifts);
    for (size_t start = 0; start < s->count; start += RUN) {
        size_t end = run_end(start, s->count);
        lane_sums run[LANES_REGISTERS] = {{{0}, {0}}};
        EACH_REGISTER(start, end, sum_register, s, shifts, numbers, run);
        add_sums(run, sums, squares);
    }
}

void slab_sum(const slab *s, const float shift[LANES], double *sums, double *squares)
{
    WITH_KINDS(sum_numbers, s, shift, sums, squares);
}

ALWAYS_INLINE void normalise_register(const slab *s, size_t r, size_t at, size_t left,
                                      const register_constants *constants, slab_numbers numbers,
                                      bool bf16, bool residual_bf16)
{
    const register_constants *k = &constants[r];
    const vector zero = {0};
    vector v = zero, more = zero;
    load_x(&v, s, at, left, numbers);
    v = (v - k->mean) * k->scale + k->bias;
    if (s->residual != NULL) {
        load(&more, s->residual, at, left, residual_bf16);
        v += more;
    }
    if (s->relu) v = VECTOR_WHERE(~(v < zero), v);
    store(s->y, &v, at, left, bf16);
}

ALWAYS_INLINE void normalise(const slab *s, const slab_constants *from, slab_numbers numbers,
                             bool bf16, bool residual_bf16)
{
    const slab own = *s; // which no store changes
    register_constants k[LANES_REGISTERS];
    take_constants(from, false, k);
    EACH_REGISTER(0, own.count, normalise_register, &own, k, numbers, bf16, residual_bf16);
}

void slab_normalise(const slab *s, const slab_constants *k)
{
    WITH_KINDS(normalise, s, k);
}

// dr, given dy and x. Beyond what is left it is 0.
ALWAYS_INLINE void pull(const slab *s, const register_constants *k, const vector *v, size_t at,
                        size_t left, bool bf16, vector *dr)
{
    const vector zero = {0};
    vector g = zero, out = zero;
    load(&g, s->dy, at, left, bf16);
    if (s->relu && s->activity != NULL) {
        load(&out, s->activity, at, left, bf16);
        g = VECTOR_WHERE(out > zero, g);
    } else if (s->relu) {
        out = (*v - k->mean) * k->scale + k->bias;
        g = VECTOR_WHERE(out > zero, g);
    }
    *dr = g;
}

ALWAYS_INLINE void reduce_register(const slab *s, size_t r, size_t at, size_t left,
                                   const register_constants *constants, slab_numbers numbers,
                                   bool bf16, lane_sums *sums)
{
    const register_constants *k = &constants[r];
    vector v = k->mean, dr;
    load_x(&v, s, at, left, numbers);
    pull(s, k, &v, at, left, bf16, &dr);
    sums[r].first += dr;
    sums[r].second += dr * (v - k->mean);
}

ALWAYS_INLINE void reduce(const slab *s, const slab_constants *from, double *sums, double *products,
                          slab_numbers numbers, bool bf16, bool unused)
{
    (void)unused;
    register_constants k[LANES_REGISTERS];
    take_constants(from, false, k);
    for (size_t start = 0; start < s->count; start += RUN) {
        size_t end = run_end(start, s->count);
        lane_sums run[LANES_REGISTERS] = {{{0}, {0}}};
        EACH_REGISTER(start, end, reduce_register, s, k, numbers, bf16, run);
        add_sums(run, sums, products);
    }
}

void slab_reduce(const slab *s, const slab_constants *k, double *sums, double *products)
{
    WITH_KINDS(reduce, s, k, sums, products);
}

ALWAYS_INLINE void differentiate_register(const slab *s, size_t r, size_t at, size_t left,
                                          const register_constants *constants, slab_numbers numbers,
                                          bool bf16, bool residual_bf16)
{
    const register_constants *k = &constants[r];
    vector v = k->mean, g;
    load_x(&v, s, at, left, numbers);
    pull(s, k, &v, at, left, bf16, &g);
    if (s->dr != NULL) store(s->dr, &g, at, left, residual_bf16);
    if (s->dx == NULL) return;
    v = k->scale * g + k->b + k->c * (v - k->mean);
    store(s->dx, &v, at, left, bf16);
}

ALWAYS_INLINE void differentiate(const slab *s, const slab_constants *from, slab_numbers numbers,
                                 bool bf16, bool residual_bf16)
{
    const slab own = *s; // which no store changes
    register_constants k[LANES_REGISTERS];
    take_constants(from, true, k);
    EACH_REGISTER(0, own.count, differentiate_register, &own, k, numbers, bf16, residual_bf16);
}

void slab_differentiate(const slab *s, const slab_constants *k)
{
    WITH_KINDS(differentiate, s, k);
}
