// io/views/augment_registry.c -- the registry of augmentations, and what recipes are made of.
#include "io/views/augment.h"
#include "io/views/recipes.h"

#include <string.h>

#define AUGMENT(name) extern const augment_type augment_##name;
#include "io/views/augments.def"
#undef AUGMENT

#define AUGMENT(name) &augment_##name,
const augment_type *const augment_table[] = {
#include "io/views/augments.def"
    NULL};
#undef AUGMENT

const augment_type *augment_find(const char *name)
{
    for (const augment_type *const *type = augment_table; *type != NULL; type++)
        if (strcmp((*type)->name, name) == 0) return *type;
    return NULL;
}

const char *const *augment_recipes(void)
{
    static const char *names[32];
    for (size_t i = 0; recipe_table[i].name != NULL; i++) {
        ASSERT(i + 1 < sizeof names / sizeof *names);
        names[i] = recipe_table[i].name;
    }
    return names;
}

bool augment_clips(const char *recipe_name)
{
    const recipe *r = recipe_find(recipe_name);
    for (const recipe_step *s = r != NULL ? r->steps : NULL; s != NULL && s->augment != NULL; s++)
        if (augment_find(s->augment)->clips) return true;
    return false;
}
