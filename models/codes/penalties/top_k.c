// models/codes/penalties/top_k.c -- R(z) = 0 when at most k codes are not 0, else infinite; of a
// whole sample or of each position.
//   prox: the k codes of largest magnitude stay (of equal ones the first), the others become 0;
//   with
//   z >= 0 the k largest positive ones. lambda has no part in it.
//   source: Makhzani and Frey 2014 (k-sparse auto-encoders), as iterative hard thresholding,
//   Blumensath and Davies 2008, eq. 1.6
#include "models/codes/penalty.h"

#include <math.h>
#include <string.h>

typedef struct top_k_config {
    int64_t k;
    char scope[CONFIG_TEXT_SIZE];
} top_k_config;

static const config_field fields[] = {
    {"k", FIELD_INT, offsetof(top_k_config, k), NULL, 1, 1e9, NULL, "codes that may differ from 0"},
    {"scope", FIELD_TEXT, offsetof(top_k_config, scope), "sample", 0, 0, "sample|position",
     "k of the whole sample, or of each position"},
    {0}};

// The codes among which k are kept, a stretch of the array after another.
static size_t stretch_floats(const top_k_config *c, const dictionary_geometry *g)
{
    return strcmp(c->scope, "position") == 0 ? (size_t)dictionary_lanes(g)
                                             : dictionary_code_floats(g);
}

static double value(const void *settings, const dictionary_geometry *g, const float *code)
{
    const top_k_config *c = settings;
    size_t count = stretch_floats(c, g);
    for (size_t start = 0; start < dictionary_code_floats(g); start += count) {
        size_t nonzeros = 0;
        for (size_t i = 0; i < count; i++)
            nonzeros += code[start + i] != 0;
        if (nonzeros > (size_t)c->k) return HUGE_VAL;
    }
    return 0;
}

// |x| as an integer of the same order: the bits of a positive float grow with it.
static uint32_t magnitude_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & 0x7fffffffu;
}

// The k-th largest of the magnitudes' bits, k <= count, found byte by byte from the top; *equal is
// how many of those that have exactly these bits belong to the k largest.
static uint32_t kth_largest(const float *x, size_t count, size_t k, size_t *equal)
{
    uint32_t prefix = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        size_t of_byte[256] = {0};
        for (size_t i = 0; i < count; i++) {
            uint32_t bits = magnitude_bits(x[i]);
            if (((uint64_t)bits >> (shift + 8)) == ((uint64_t)prefix >> (shift + 8)))
                of_byte[(bits >> shift) & 255u]++;
        }
        uint32_t byte = 255;
        while (of_byte[byte] < k)
            k -= of_byte[byte--];
        prefix |= byte << shift;
    }
    *equal = k;
    return prefix;
}

static void keep_largest(float *x, size_t count, size_t k)
{
    if (k >= count) return;
    size_t equal;
    uint32_t least = kth_largest(x, count, k, &equal);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = magnitude_bits(x[i]);
        bool keep = bits > least || (bits == least && equal > 0);
        equal -= bits == least && equal > 0;
        x[i] = keep ? x[i] : 0.0f;
    }
}

static void prox(const void *settings, const dictionary_geometry *g, double weight,
                 bool non_negative, float *code)
{
    (void)weight;
    const top_k_config *c = settings;
    size_t all = dictionary_code_floats(g), count = stretch_floats(c, g);
    for (size_t i = 0; non_negative && i < all; i++)
        code[i] = code[i] > 0 ? code[i] : 0.0f;
    for (size_t start = 0; start < all; start += count)
        keep_largest(code + start, count, (size_t)c->k);
}

const penalty_type penalty_top_k = {
    .name = "top_k",
    .help = "the k largest codes, of a sample or of each position",
    .fields = fields,
    .fixed = true,
    .config_size = sizeof(top_k_config),
    .value = value,
    .prox = prox,
};
