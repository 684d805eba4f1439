// models/kernels/convolution/convolution.c -- chooses a backend for each pass, and converts between
// the numbers that are stored and those a kernel takes.
#include "models/kernels/convolution/convolution.h"

#include "base/arena.h"
#include "models/kernels/bf16.h"
#include "models/kernels/convolution/convolution_backend.h"

#include <stdlib.h>

struct convolution {
    int pass_count; // 1, or all three
    const convolution_backend *backends[CONVOLUTION_PASSES];
    convolution_kernel kernels[CONVOLUTION_PASSES];
    size_t kept_at[CONVOLUTION_PASSES], run_at[CONVOLUTION_PASSES]; // of scratch, bytes
    size_t scratch_bytes;
};

int convolution_size(int in, int kernel, int stride, int pad)
{
    int room = in + 2 * pad - kernel;
    return room < 0 ? 0 : room / stride + 1;
}

static int widest_block(arithmetic a)
{
    if (a.block > 0) return a.block;
#ifdef BASIN_HAS_ONEDNN
    return convolution_onednn_block();
#else
    return 1;
#endif
}

int convolution_out_block(arithmetic a, int channels, int in_block)
{
    // oneDNN mixes blocks only where the input is an image of few plain channels.
    if (in_block > 1 && channels % in_block == 0) return in_block;
    for (int block = widest_block(a); block >= 8; block /= 2)
        if (channels % block == 0) return block;
    return 1;
}

static bool processor_multiplies_bf16(void)
{
#ifdef BASIN_HAS_ONEDNN
    return convolution_onednn_has_bf16();
#else
    return false;
#endif
}

bool convolution_multiplies_bf16(arithmetic a)
{
    bool here = a.products == BF16_BY_PROCESSOR && processor_multiplies_bf16();
    return a.bf16 && (here || a.products == BF16_ALWAYS);
}

// Are bf16 products asked for that the processor has not?
static bool is_rounded(const convolution_spec *spec)
{
    return convolution_multiplies_bf16(spec->arithmetic) && !processor_multiplies_bf16();
}

static const convolution_backend *choose(const convolution_spec *spec, convolution_pass pass)
{
    if (convolution_winograd.serves(spec, pass)) return &convolution_winograd;
    if (convolution_winograd_wide.serves(spec, pass)) return &convolution_winograd_wide;
    if (is_rounded(spec)) return &convolution_rounded;
#ifdef BASIN_HAS_ONEDNN
    if (convolution_onednn.serves(spec, pass)) return &convolution_onednn;
#endif
    ASSERT(convolution_im2col.serves(spec, pass));
    return &convolution_im2col;
}

bool convolution_stores_bf16(const convolution_spec *spec, convolution_pass pass)
{
    if (!spec->arithmetic.bf16) return false;
    if (is_rounded(spec)) return true;
#ifdef BASIN_HAS_ONEDNN
    if (convolution_winograd.serves(spec, pass) || convolution_winograd_wide.serves(spec, pass))
        return true;
    return convolution_onednn_reads_bf16(spec, pass);
#else
    (void)pass;
    return false;
#endif
}

static size_t image_bytes(shape s, bool bf16)
{
    return arena_padded(shape_count(s) * (bf16 ? sizeof(uint16_t) : sizeof(float)));
}

// Of converted copies of the images.
static size_t copy_bytes(const convolution_kernel *k)
{
    const convolution_spec *s = &k->spec;
    return (s->in_bf16 != k->x_bf16 ? image_bytes(s->in, k->x_bf16) : 0) +
           (s->out_bf16 != k->y_bf16 ? image_bytes(s->out, k->y_bf16) : 0);
}

static convolution_spec of_samples(const convolution_spec *spec, int samples)
{
    convolution_spec s = *spec;
    s.in.n = s.out.n = samples;
    return s;
}

int convolution_portion(const convolution_spec *spec, bool backward, size_t bytes)
{
    convolution_spec one = of_samples(spec, 1);
    size_t sample = image_bytes(one.in, one.in_bf16) + image_bytes(one.out, one.out_bf16);
    if (sample > bytes) return spec->in.n;
    int portion = spec->in.n;
    while (portion > 1 && ((size_t)portion * sample > bytes || spec->in.n % portion != 0))
        portion--;
    convolution_spec part = of_samples(spec, portion);
    int first = backward ? CONVOLUTION_BACKWARD_DATA : CONVOLUTION_FORWARD,
        last = backward ? CONVOLUTION_BACKWARD_WEIGHTS : CONVOLUTION_FORWARD;
    for (int pass = first; pass <= last; pass++)
        if (!choose(&part, (convolution_pass)pass)->suits_portions(&part, (convolution_pass)pass))
            return spec->in.n;
    return portion;
}

static status create_pass(convolution *c, const convolution_spec *spec, convolution_pass pass)
{
    convolution_kernel *k = &c->kernels[pass];
    int portion = pass == CONVOLUTION_FORWARD ? spec->forward_portion : spec->backward_portion;
    ASSERT(portion == 0 || spec->in.n % portion == 0);
    k->spec = of_samples(spec, portion > 0 ? portion : spec->in.n);
    k->batch = spec->in.n;
    k->pass = pass;
    c->backends[pass] = choose(&k->spec, pass);
    c->pass_count = (int)pass + 1;
    return c->backends[pass]->create(k);
}

static void widen(size_t *most, size_t bytes)
{
    if (bytes > *most) *most = bytes;
}

// Backward passes that take turns keep things apart from each other; else all passes have the same
// place.
static void divide_scratch(convolution *c)
{
    const convolution_kernel *backward = &c->kernels[CONVOLUTION_BACKWARD_DATA];
    bool turns = c->pass_count > 1 && backward->spec.in.n < backward->batch;
    size_t kept = 0;
    for (int pass = 0; pass < c->pass_count; pass++) {
        bool apart = turns && pass == CONVOLUTION_BACKWARD_WEIGHTS;
        c->kept_at[pass] = apart ? kept : 0;
        kept = c->kept_at[pass] + arena_padded(c->kernels[pass].kept_bytes);
        c->run_at[pass] = kept;
    }
    if (turns) c->run_at[CONVOLUTION_BACKWARD_DATA] = kept;
    for (int pass = 0; pass < c->pass_count; pass++) {
        const convolution_kernel *k = &c->kernels[pass];
        widen(&c->scratch_bytes, c->run_at[pass] + copy_bytes(k) + k->scratch_bytes);
    }
}

status convolution_create(convolution **c, const convolution_spec *spec, bool backward)
{
    *c = calloc(1, sizeof **c);
    CHECK(*c != NULL, ST_INTERNAL, "no memory for a convolution");
    status s = create_pass(*c, spec, CONVOLUTION_FORWARD);
    if (s == ST_OK && backward) s = create_pass(*c, spec, CONVOLUTION_BACKWARD_DATA);
    if (s == ST_OK && backward) s = create_pass(*c, spec, CONVOLUTION_BACKWARD_WEIGHTS);
    if (s == ST_OK) divide_scratch(*c);
    if (s == ST_OK) return ST_OK;
    convolution_destroy(*c);
    *c = NULL;
    return s;
}

size_t convolution_scratch_bytes(const convolution *c)
{
    return c->scratch_bytes;
}

static void convert(shape s, bool to_bf16, const void *from, void *to)
{
    if (to_bf16)
        bf16_from_floats(from, shape_count(s), to);
    else
        bf16_to_floats(from, shape_count(s), to);
}

// x and y (or their gradients) that are stored otherwise than the kernel takes them have copies in
// scratch.
void convolution_run(const convolution *c, convolution_pass pass, const convolution_operands *o)
{
    ASSERT((int)pass < c->pass_count);
    const convolution_kernel *k = &c->kernels[pass];
    const convolution_spec *s = &k->spec;
    bool writes_x = pass == CONVOLUTION_BACKWARD_DATA, writes_y = pass == CONVOLUTION_FORWARD;
    convolution_operands own = *o;
    unsigned char *kept = (unsigned char *)o->scratch + c->kept_at[pass],
                  *next = (unsigned char *)o->scratch + c->run_at[pass];
    if (s->in_bf16 != k->x_bf16) {
        if (!writes_x) convert(s->in, k->x_bf16, o->x, next);
        own.x = own.dx = next;
        next += image_bytes(s->in, k->x_bf16);
    }
    if (s->out_bf16 != k->y_bf16) {
        if (!writes_y) convert(s->out, k->y_bf16, o->dy, next);
        own.dy = own.y = next;
        next += image_bytes(s->out, k->y_bf16);
    }
    own.scratch = next;
    c->backends[pass]->run(k, &own, kept);
    if (writes_x && own.dx != o->dx) convert(s->in, s->in_bf16, own.dx, o->dx);
    if (writes_y && own.y != o->y) convert(s->out, s->out_bf16, own.y, o->y);
}

const char *convolution_kernel_name(const convolution *c, convolution_pass pass)
{
    return (int)pass < c->pass_count ? c->kernels[pass].name : "none";
}

void convolution_destroy(convolution *c)
{
    if (c == NULL) return;
    for (int pass = 0; pass < c->pass_count; pass++)
        c->backends[pass]->destroy(&c->kernels[pass]);
    free(c);
}
