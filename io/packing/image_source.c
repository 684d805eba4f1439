// io/packing/image_source.c -- finds out how a folder is laid out, and numbers its classes.
#include "io/packing/image_source.h"

#include "io/packing/class_text.h"
#include "io/packing/image_tree.h"
#include "io/packing/label_pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// How the images of one split, or of the whole folder, tell their class.
typedef enum image_layout {
    LAYOUT_NONE,    // no images
    LAYOUT_FLAT,    // they lie side by side, without
    LAYOUT_CLASSES, // by their folder
    LAYOUT_ALL,     // of all depths, without
    LAYOUT_PATTERN  // of all depths, by their path
} image_layout;

typedef struct listing {
    image_source *source;
    const char *root;
    image_tree tree;
    image_layout layouts[PACK_MAX_SPLITS];
    bool has_pattern;
    label_pattern pattern;
    class_list classes; // in the order of finding
} listing;

static const struct {
    const char *folder;
    int split;
} split_folders[] = {{"train", PACK_TRAIN}, {"training", PACK_TRAIN}, {"val", PACK_VAL},
                     {"valid", PACK_VAL},   {"validation", PACK_VAL}, {"test", PACK_TEST}};

// The split that the first folder of a name stands for, or -1.
static int split_of_name(const char *name)
{
    const char *slash = strchr(name, '/');
    size_t length = slash != NULL ? (size_t)(slash - name) : 0;
    for (size_t i = 0; i < sizeof split_folders / sizeof *split_folders && length > 0; i++)
        if (strlen(split_folders[i].folder) == length &&
            strncmp(split_folders[i].folder, name, length) == 0)
            return split_folders[i].split;
    return -1;
}

// Whether all folders with images are called like splits.
static bool has_own_splits(const image_tree *t)
{
    bool some = false;
    for (size_t i = 0; i < t->count; i++) {
        if (strchr(t->names[i], '/') == NULL) continue;
        if (split_of_name(t->names[i]) < 0) return false;
        some = true;
    }
    return some;
}

// The split of an image; *rest becomes its name inside that. -1: it lies beside the splits.
static int find_split(const image_source *s, const char *name, const char **rest)
{
    *rest = name;
    if (!s->has_splits) return PACK_TRAIN;
    int split = split_of_name(name);
    if (split >= 0) *rest = strchr(name, '/') + 1;
    return split;
}

static int depth_of(const char *name)
{
    int depth = 0;
    for (; *name != '\0'; name++)
        depth += *name == '/';
    return depth;
}

static void find_layouts(listing *l, const char *labels)
{
    const char *rest;
    for (size_t i = 0; i < l->tree.count; i++) {
        int split = find_split(l->source, l->tree.names[i], &rest), depth = depth_of(rest);
        if (split < 0) continue;
        image_layout *layout = &l->layouts[split];
        if (labels != NULL)
            *layout = l->has_pattern ? LAYOUT_PATTERN : LAYOUT_ALL;
        else if (depth == 1)
            *layout = LAYOUT_CLASSES;
        else if (depth == 0 && *layout == LAYOUT_NONE)
            *layout = LAYOUT_FLAT;
    }
}

// Where the class of an image stands in its name. *ignored says why it is not packed, or is NULL.
typedef struct class_place {
    const char *start;
    size_t length; // 0: no class
    const char *ignored;
} class_place;

static class_place find_class(const listing *l, image_layout layout, const char *name,
                              const char *rest)
{
    int depth = depth_of(rest);
    size_t start, length;
    switch (layout) {
    case LAYOUT_NONE:
        return (class_place){.ignored = "images in sub-folders of sub-folders"};
    case LAYOUT_FLAT:
        return (class_place){.ignored = depth > 0 ? "images in sub-folders" : NULL};
    case LAYOUT_CLASSES:
        if (depth != 1)
            return (class_place){.ignored = depth > 1 ? "images in sub-folders of classes"
                                                      : "images beside the folders"};
        return (class_place){rest, (size_t)(strchr(rest, '/') - rest), NULL};
    case LAYOUT_ALL:
        return (class_place){0};
    case LAYOUT_PATTERN:
        if (!label_pattern_find(&l->pattern, name, &start, &length))
            return (class_place){.ignored = "images without a label by the pattern"};
        return (class_place){name + start, length, NULL};
    }
    return (class_place){0};
}

static status add_image(listing *l, const char *name, int split, const class_place *class)
{
    image_source *s = l->source;
    source_image *image = &s->images[s->count];
    int number = -1; // of its class in the order of finding
    if (class->length > 0) {
        char *text = strndup(class->start, class->length);
        CHECK(text != NULL, ST_INTERNAL, "no memory for the names of classes");
        status added = class_list_add(&l->classes, text, &number);
        free(text);
        TRY(added);
    }
    *image = (source_image){.label = number, .split = split};
    CHECK(asprintf(&image->path, "%s/%s", l->root, name) >= 0, ST_INTERNAL,
          "no memory to list \"%s\"", l->root);
    if (class->length > 0) s->labelled[split] = true;
    s->count++;
    return ST_OK;
}

static status add_images(listing *l)
{
    image_source *s = l->source;
    s->images = calloc(l->tree.count + 1, sizeof *s->images);
    CHECK(s->images != NULL, ST_INTERNAL, "no memory to list \"%s\"", l->root);
    for (size_t i = 0; i < l->tree.count; i++) {
        const char *name = l->tree.names[i], *rest;
        int split = find_split(s, name, &rest);
        class_place class = {.ignored = "images beside the folders"};
        if (split >= 0) class = find_class(l, l->layouts[split], name, rest);
        if (class.ignored != NULL)
            ignored_files_add(&s->ignored, class.ignored, name);
        else
            TRY(add_image(l, name, split, &class));
    }
    return ST_OK;
}

static int compare_images(const void *a, const void *b)
{
    const source_image *one = a, *other = b;
    if (one->label != other->label) return one->label < other->label ? -1 : 1;
    return strcmp(one->path, other->path);
}

// Labels become those of the order of classes.
static status number_classes(listing *l)
{
    image_source *s = l->source;
    int *map = NULL;
    TRY(class_text_sort(&l->classes, l->has_pattern, &map));
    for (size_t i = 0; i < s->count; i++)
        if (s->images[i].label >= 0) s->images[i].label = map[s->images[i].label];
    free(map);
    s->classes = l->classes.count;
    return s->classes > 0 ? class_text_join(&l->classes, l->root, &s->class_names) : ST_OK;
}

static void order_images(image_source *s)
{
    if (s->count > 1) qsort(s->images, s->count, sizeof *s->images, compare_images);
    size_t places[PACK_MAX_SPLITS] = {0};
    for (size_t i = 0; i < s->count; i++) {
        source_image *image = &s->images[i];
        if (i > 0 && image->label != s->images[i - 1].label) memset(places, 0, sizeof places);
        image->place = places[image->split]++;
    }
}

static status list_images(listing *l, const char *labels)
{
    if (labels != NULL && strcmp(labels, "none") != 0) {
        TRY(label_pattern_compile(&l->pattern, labels));
        l->has_pattern = true;
    }
    TRY(image_tree_list(&l->tree, l->root));
    l->source->has_splits = has_own_splits(&l->tree);
    find_layouts(l, labels);
    TRY(add_images(l));
    ignored_files_join(&l->source->ignored, &l->tree.others);
    TRY(number_classes(l));
    order_images(l->source);
    return ST_OK;
}

status image_source_list(image_source *s, const char *root, const char *labels)
{
    *s = (image_source){0};
    listing l = {.source = s, .root = root};
    status result = list_images(&l, labels);
    image_tree_free(&l.tree);
    class_list_free(&l.classes);
    if (l.has_pattern) label_pattern_free(&l.pattern);
    return result;
}

void image_source_free(image_source *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->images[i].path);
    free(s->images);
    free(s->class_names);
    *s = (image_source){0};
}
