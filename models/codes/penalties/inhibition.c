// models/codes/penalties/inhibition.c -- lateral inhibition: atoms of one group at one position
// price each other.
//   R(z) = sum |z| + strength sum over positions, pairs i < j of a group of |z_i| |z_j|
//                  + strength / 2 sum z^2
//        = sum |z| + strength / 2 sum over positions, groups of (sum over the group of |z_i|)^2
// The squares make the pairs' price convex, and its proximal step exact: with S the group's sum of
// |z|, |z_i| = max(|u_i| - weight (1 + strength S), 0). Groups are runs of `group` atoms, so that
// neighbours in the dictionary become alternatives.
//   source: the energy |z|' W |z| of Gregor, Szlam, LeCun 2011 (structured sparse coding via
//   lateral inhibition), with W = 1 in a group; prox of the squared group norm: Kowalski 2009,
//   prop. 4
#include "models/codes/penalty.h"

#include <math.h>

typedef struct inhibition_config {
    double strength;
    int64_t group;
} inhibition_config;

static const config_field fields[] = {
    {"strength", FIELD_REAL, offsetof(inhibition_config, strength), "1", 0, 1e6, NULL,
     "price of two active codes of 1 in a group, in units of lambda"},
    {"group", FIELD_INT, offsetof(inhibition_config, group), "0", 0, 1e6, NULL,
     "atoms in a group; 0: all atoms are one"},
    {0}};

static int group_size(const inhibition_config *c, const dictionary_geometry *g)
{
    return c->group == 0 || c->group > g->atoms ? g->atoms : (int)c->group;
}

// Atoms in the group that begins at `first`; the last one may be smaller.
static int members(int size, int first, const dictionary_geometry *g)
{
    return first + size > g->atoms ? g->atoms - first : size;
}

static double value(const void *settings, const dictionary_geometry *g, const float *code)
{
    const inhibition_config *c = settings;
    int size = group_size(c, g);
    double sum = 0;
    for (size_t q = 0; q < dictionary_positions(g); q++)
        for (int first = 0; first < g->atoms; first += size) {
            const float *z = code + q * (size_t)dictionary_lanes(g) + first;
            double group = 0;
            for (int i = 0; i < members(size, first, g); i++)
                group += fabs((double)z[i]);
            sum += group + c->strength / 2 * group * group;
        }
    return sum;
}

static double magnitude(float u, bool non_negative)
{
    return non_negative ? (double)u : fabs((double)u);
}

// The threshold weight (1 + strength S) that a group's own result S sets itself. With M codes above
// it, S = (sum of their |u| - M weight) / (1 + M weight strength). Begin with all above `weight`;
// a threshold never falls as codes leave, and each round but the last drops one.
static double group_threshold(const float *u, int count, double weight, double strength,
                              bool non_negative)
{
    double threshold = weight;
    for (int left = count + 1, above = 0;; left = above) {
        double sum = 0;
        above = 0;
        for (int i = 0; i < count; i++)
            if (magnitude(u[i], non_negative) > threshold) {
                sum += magnitude(u[i], non_negative);
                above++;
            }
        if (above == left || above == 0) return threshold;
        threshold =
            weight + weight * strength * (sum - above * weight) / (1 + above * weight * strength);
    }
}

static void prox(const void *settings, const dictionary_geometry *g, double weight,
                 bool non_negative, float *code)
{
    const inhibition_config *c = settings;
    int size = group_size(c, g);
    for (size_t q = 0; q < dictionary_positions(g); q++)
        for (int first = 0; first < g->atoms; first += size) {
            float *z = code + q * (size_t)dictionary_lanes(g) + first;
            int count = members(size, first, g);
            double threshold = group_threshold(z, count, weight, c->strength, non_negative);
            for (int i = 0; i < count; i++) {
                double left = magnitude(z[i], non_negative) - threshold;
                z[i] = left > 0 ? copysignf((float)left, z[i]) : 0.0f;
            }
        }
}

const penalty_type penalty_inhibition = {
    .name = "inhibition",
    .help = "L1, and atoms of a group that inhibit each other where both are active",
    .fields = fields,
    .config_size = sizeof(inhibition_config),
    .value = value,
    .prox = prox,
};
