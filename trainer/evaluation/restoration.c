// trainer/evaluation/restoration.c -- see restoration.h.
#include "trainer/evaluation/restoration.h"

#include <math.h>

bool restoration_known(const model *m, const augmenter *a)
{
    bool known = m->restoration.whole >= 0;
    for (int c = 0; c < augmenter_channels(a) && known; c++)
        known = isfinite(augmenter_unit(a, c));
    return known;
}

// Of the first `rows` images of x from those of y; both in block 1.
static double squares(const model *m, const augmenter *a, int x, int y, int rows)
{
    shape s = graph_shape(m->graph, x);
    size_t pixels = (size_t)s.h * (size_t)s.w, channels = (size_t)s.c;
    const float *xs = graph_value(m->graph, x), *ys = graph_value(m->graph, y);
    double sum = 0;
    for (size_t plane = 0; plane < (size_t)rows * channels; plane++) {
        double unit = augmenter_unit(a, (int)(plane % channels)), of_plane = 0;
        for (size_t i = plane * pixels; i < (plane + 1) * pixels; i++) {
            double difference = (double)xs[i] - (double)ys[i];
            of_plane += difference * difference;
        }
        sum += unit * unit * of_plane;
    }
    return sum / (double)(channels * pixels);
}

restoration_sums restoration_measure(const model *m, const augmenter *a, int rows)
{
    const model_restoration *r = &m->restoration;
    return (restoration_sums){.spoilt = squares(m, a, r->spoilt, r->original, rows),
                              .whole = squares(m, a, r->whole, r->original, rows)};
}

double restoration_psnr(double mean_square)
{
    return -10 * log10(mean_square);
}
