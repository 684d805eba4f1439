// models/decoders/decoder.c -- the registry of decoders.
#include "models/decoders/decoder.h"

#include <string.h>

#define DECODER(name) extern const decoder_type decoder_##name;
#include "models/decoders.def"
#undef DECODER

#define DECODER(name) &decoder_##name,
const decoder_type *const decoder_table[] = {
#include "models/decoders.def"
    NULL};
#undef DECODER

const decoder_type *decoder_find(const char *name)
{
    for (int i = 0; decoder_table[i] != NULL; i++)
        if (strcmp(decoder_table[i]->name, name) == 0) return decoder_table[i];
    return NULL;
}

status decoder_check(const decoder *d, shape image)
{
    int m = d->type->multiple;
    CHECK(image.h % m == 0 && image.w % m == 0, ST_CONFIG,
          "decoder.name: %s makes images whose sides are multiples of %d pixels, not %d x %d; take "
          "another data.size, or decoder.name=mlp",
          d->type->name, m, image.h, image.w);
    return ST_OK;
}

int decoder_images(graph *g, const decoder *d, int codes, shape image)
{
    return d->type->build(g, d->settings, codes, image);
}
