// models/decoders/decoder.h -- decoders: functions that add to a graph what makes images of codes.
//
// A decoder is one file in models/decoders/ with one exported const decoder_type, and one line in
// decoders.def. It takes codes, vectors (n, d, 1, 1) or a net's map (n, d, h', w'), and gives
// images, in block 1.
#ifndef MODELS_DECODERS_DECODER_H
#define MODELS_DECODERS_DECODER_H

#include "models/graph/graph.h"

typedef struct decoder_type {
    const char *name;
    const char *help;
    const config_field *fields; // keys in the job's `decoder` section
    size_t config_size;
    const char *example; // a small one, for tests
    int multiple;        // sides of the image must be of it, pixels
    // Adds its nodes, named decoder.*, behind `codes`; `image`: the shape to make. Returns the
    // images, of another shape where a map does not fit; -1 on error.
    int (*build)(graph *g, const void *settings, int codes, shape image);
} decoder_type;

extern const decoder_type *const decoder_table[]; // NULL-ended

// A decoder as a job asks for it.
typedef struct decoder {
    const decoder_type *type;
    const void *settings; // not owned
} decoder;

// Whether it can make images of this shape. Errors: ST_CONFIG.
status decoder_check(const decoder *d, shape image);

// Adds it behind `codes`, see decoder_type.
int decoder_images(graph *g, const decoder *d, int codes, shape image);

// The decoder called `name`, or NULL.
const decoder_type *decoder_find(const char *name);

#endif
