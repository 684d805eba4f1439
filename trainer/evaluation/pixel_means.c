// trainer/evaluation/pixel_means.c -- means over the cells of a coarse grid.
#include "trainer/evaluation/pixel_means.h"

#include <stddef.h>

#define SIDE 32 // cells

static int at_most(int size, int limit)
{
    return size < limit ? size : limit;
}

int pixel_means_count(shape images)
{
    return images.c * at_most(images.h, SIDE) * at_most(images.w, SIDE);
}

// Mean of the source pixels that fall into each of rows x columns cells.
static void pool_plane(const float *plane, int height, int width, float *out, int rows, int columns)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            int top = r * height / rows, bottom = (r + 1) * height / rows;
            int left = c * width / columns, right = (c + 1) * width / columns;
            double sum = 0;
            for (int y = top; y < bottom; y++)
                for (int x = left; x < right; x++)
                    sum += (double)plane[(size_t)y * (size_t)width + (size_t)x];
            out[r * columns + c] = (float)(sum / ((bottom - top) * (right - left)));
        }
}

void pixel_means(shape images, const float *pixels, float *rows)
{
    int height = at_most(images.h, SIDE), width = at_most(images.w, SIDE);
    size_t plane_pixels = (size_t)images.h * (size_t)images.w;
    size_t plane_cells = (size_t)height * (size_t)width;
    for (size_t plane = 0; plane < (size_t)images.n * (size_t)images.c; plane++)
        pool_plane(pixels + plane * plane_pixels, images.h, images.w, rows + plane * plane_cells,
                   height, width);
}
