// models/kernels/layout.c -- between the layouts of base/tensor.h: each group of `block` channel
// planes is transposed, (block, h w) <-> (h w, block).
#include "models/kernels/layout.h"

static void transpose(size_t rows, size_t columns, const float *from, float *to)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            to[c * rows + r] = from[r * columns + c];
}

void layout_to_plain(shape s, int block, const float *blocked, float *plain)
{
    size_t pixels = (size_t)s.h * (size_t)s.w, group = (size_t)block * pixels;
    for (size_t at = 0; at < shape_count(s); at += group)
        transpose(pixels, (size_t)block, blocked + at, plain + at);
}

void layout_from_plain(shape s, int block, const float *plain, float *blocked)
{
    size_t pixels = (size_t)s.h * (size_t)s.w, group = (size_t)block * pixels;
    for (size_t at = 0; at < shape_count(s); at += group)
        transpose((size_t)block, pixels, plain + at, blocked + at);
}
