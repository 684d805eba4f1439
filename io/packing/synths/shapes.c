// io/packing/synths/shapes.c -- one textured figure on a cluttered ground; ten classes by shape and
// texture.
//
//   disc: plain, stripes, checks, dots, rings, sectors, grain;  ring: plain;  bar: plain, stripes
//
// What a class does not tell: colours of figure and ground, place, size, angle, period and phase of
// the texture, the ground's gradient and blobs, the light and the noise. So neither colour nor the
// mean of any pixel says much (nearest neighbours among raw pixels do poorly), while the texture,
// repeated over the figure, and the outline survive crops, flips and colour jitter.
//
// Coordinates run from -1 to 1 over the image; y points down. In double, so that rounding to 8 bits
// does not depend on the compiler.
#include "io/packing/synth.h"

#include <math.h>

#define PI       3.141592653589793
#define DARKEST  0.1 // greys of all surfaces
#define LIGHTEST 0.9
#define TINT     0.05 // largest deviation of a channel from the grey

enum { DISC, RING, BAR };
enum { PLAIN, STRIPES, CHECKS, DOTS, RINGS, SECTORS, GRAIN };

static const struct {
    int shape, texture;
} classes[] = {
    {DISC, PLAIN},   {DISC, STRIPES}, {DISC, CHECKS}, {DISC, DOTS}, {DISC, RINGS},
    {DISC, SECTORS}, {DISC, GRAIN},   {RING, PLAIN},  {BAR, PLAIN}, {BAR, STRIPES},
};
#define CLASS_COUNT ((int)(sizeof classes / sizeof *classes))

#define BLOB_COUNT 1

typedef struct colour {
    double channel[3];
} colour;

typedef struct blob {
    double x, y, radius;
    colour colour;
} blob;

typedef struct scene {
    int shape, texture;
    double x, y, radius, angle;      // of the figure
    double period, phase_x, phase_y; // of the texture
    colour figure[2];
    colour ground[2];
    double ground_angle, light_angle, light, noise;
    blob blobs[BLOB_COUNT];
} scene;

static double range(rng *r, double low, double high)
{
    return low + (high - low) * (double)rng_uniform(r);
}

static colour tint(rng *r, double grey)
{
    colour c;
    for (int i = 0; i < 3; i++)
        c.channel[i] = grey + range(r, -TINT, TINT);
    return c;
}

// A grey that differs from `other` by at least `contrast`, uniform over what is left of the range.
static double draw_grey(rng *r, double other, double contrast)
{
    double below = fmax(other - contrast - DARKEST, 0),
           above = fmax(LIGHTEST - other - contrast, 0);
    double at = range(r, 0, below + above);
    return at < below ? DARKEST + at : LIGHTEST - (at - below);
}

static void blend(colour *c, const colour *over, double share)
{
    for (int i = 0; i < 3; i++)
        c->channel[i] += share * (over->channel[i] - c->channel[i]);
}

static scene draw_scene(rng *r, uint64_t index)
{
    scene s;
    int label = (int)(index % (uint64_t)CLASS_COUNT);
    s.shape = classes[label].shape;
    s.texture = classes[label].texture;
    s.x = range(r, -0.3, 0.3), s.y = range(r, -0.3, 0.3);
    s.radius = range(r, 0.75, 1.0);
    s.angle = range(r, 0, 2 * PI);
    s.period = range(r, 0.36, 0.42);
    s.phase_x = range(r, 0, 64), s.phase_y = range(r, 0, 64);
    double figure = range(r, DARKEST, LIGHTEST);
    double ground = draw_grey(r, figure, 0.25);
    s.figure[0] = tint(r, figure);
    s.figure[1] = tint(r, draw_grey(r, figure, 0.4));
    s.ground[0] = tint(r, ground);
    s.ground[1] = tint(r, 0.7 * ground + 0.15);
    s.ground_angle = range(r, 0, 2 * PI);
    s.light_angle = range(r, 0, 2 * PI);
    s.light = range(r, 0, 0.2);
    s.noise = range(r, 0.02, 0.03);
    for (int i = 0; i < BLOB_COUNT; i++) {
        s.blobs[i].x = range(r, -1, 1), s.blobs[i].y = range(r, -1, 1);
        s.blobs[i].radius = range(r, 0.1, 0.2);
        s.blobs[i].colour = tint(r, draw_grey(r, figure, 0.15));
    }
    return s;
}

// Distance to the outline, negative inside; (u, v) from the figure's centre, turned, in radii.
static double outline(int shape, double u, double v)
{
    double distance = sqrt(u * u + v * v);
    switch (shape) {
    case BAR:
        return fmax(fabs(u) - 1.6, fabs(v) - 0.45);
    case RING:
        return fabs(distance - 0.75) - 0.25;
    default:
        return distance - 1;
    }
}

// Positive where the second colour stands, negative where the first does, about -1 .. 1; (u, v) in
// periods of the texture.
static double weave(int texture, double u, double v, double phase_x, double phase_y)
{
    double x = u + phase_x, y = v + phase_y;
    switch (texture) {
    case STRIPES:
        return sin(2 * PI * x);
    case CHECKS:
        return 1.5 * sin(1.4 * PI * x) * sin(1.4 * PI * y);
    case DOTS: {
        double dx = x - floor(x) - 0.5, dy = y - floor(y) - 0.5;
        return 4 * (0.32 - sqrt(dx * dx + dy * dy));
    }
    case RINGS:
        return sin(2 * PI * (sqrt(u * u + v * v) + phase_x));
    case SECTORS:
        return 1.5 * sin(4 * (atan2(v, u) + phase_x));
    case GRAIN: { // each cell of a fine lattice one of the two colours, by a hash of its place
        uint32_t cell =
            (uint32_t)(int)floor(3 * x) * 0x9e3779b1u ^ (uint32_t)(int)floor(3 * y) * 0x85ebca77u;
        cell = (cell ^ cell >> 15) * 0x2c1b3c6du;
        return (cell >> 16 & 1) != 0 ? 1 : -1;
    }
    default:
        return -1;
    }
}

static double clamp(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

// The colour at (x, y) before light and noise; `sharpness` is one over the width of a soft edge.
static colour scene_colour(const scene *s, double x, double y, double sharpness)
{
    colour c = s->ground[0];
    double along = x * cos(s->ground_angle) + y * sin(s->ground_angle);
    blend(&c, &s->ground[1], clamp(0.5 + 0.5 * along));
    for (int i = 0; i < BLOB_COUNT; i++) {
        const blob *b = &s->blobs[i];
        double distance = sqrt((x - b->x) * (x - b->x) + (y - b->y) * (y - b->y)) - b->radius;
        blend(&c, &b->colour, clamp(0.5 - distance * sharpness));
    }
    double dx = x - s->x, dy = y - s->y;
    double u = dx * cos(s->angle) + dy * sin(s->angle);
    double v = dy * cos(s->angle) - dx * sin(s->angle);
    double inside =
        clamp(0.5 - outline(s->shape, u / s->radius, v / s->radius) * s->radius * sharpness);
    double second = weave(s->texture, u / s->period, v / s->period, s->phase_x, s->phase_y);
    colour figure = s->figure[0];
    blend(&figure, &s->figure[1], clamp(0.5 + second * s->period * 0.3 * sharpness));
    blend(&c, &figure, inside);
    return c;
}

static int64_t draw(rng *r, uint64_t index, int size, void *image)
{
    unsigned char *pixels = image;
    scene s = draw_scene(r, index);
    for (int row = 0; row < size; row++)
        for (int column = 0; column < size; column++) {
            double x = (column + 0.5) * 2 / size - 1, y = (row + 0.5) * 2 / size - 1;
            colour c = scene_colour(&s, x, y, size * 0.5);
            double light = 1 + s.light * (x * cos(s.light_angle) + y * sin(s.light_angle));
            for (int i = 0; i < 3; i++) {
                double value = c.channel[i] * light + s.noise * (double)rng_normal(r);
                *pixels++ = (unsigned char)(clamp(value) * 255 + 0.5);
            }
        }
    return (int64_t)(index % (uint64_t)CLASS_COUNT);
}

const synth_type synth_shapes = {
    .name = "shapes",
    .help = "ten classes by shape and texture; colour, place and light tell nothing",
    .type = PIXEL_U8,
    .channels = 3,
    .classes = CLASS_COUNT,
    .smallest = 16,
    .largest = 4096,
    .usual = 32,
    .draw = draw,
};
