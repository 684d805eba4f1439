// io/packing/image_tree.c -- folder by folder, each in the order of its names.
#include "io/packing/image_tree.h"

#include "io/files/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEEPEST 64 // a link to a folder above it would have no end

static bool is_image_name(const char *name)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".tif", ".tiff"};
    const char *ending = strrchr(name, '.');
    if (ending == NULL) return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(ending, endings[i]) == 0) return true;
    return false;
}

// Takes the name over.
static status add_image(image_tree *t, char *name)
{
    if (t->count == t->room) {
        size_t room = 2 * t->room + 64;
        char **more = realloc(t->names, room * sizeof *more);
        if (more == NULL) {
            free(name);
            return failure(ST_INTERNAL, "no memory for the names of %zu images", room);
        }
        t->names = more;
        t->room = room;
    }
    t->names[t->count++] = name;
    return ST_OK;
}

static status list_folder(image_tree *t, const char *root, const char *inside, int depth);

// inside: the folder's own name below the root, "" or with a slash behind it.
static status add_entry(image_tree *t, const char *root, const char *inside, const char *entry,
                        int depth)
{
    char *name;
    if (entry[0] == '.') return ST_OK;
    CHECK(asprintf(&name, "%s%s", inside, entry) >= 0, ST_INTERNAL, "no memory to list \"%s\"",
          root);
    if (entry[strlen(entry) - 1] != '/' && is_image_name(entry)) return add_image(t, name);
    status s = ST_OK;
    if (entry[strlen(entry) - 1] == '/')
        s = list_folder(t, root, name, depth + 1);
    else
        ignored_files_add_ending(&t->others, name);
    free(name);
    return s;
}

static status list_folder(image_tree *t, const char *root, const char *inside, int depth)
{
    char *path, **entries;
    CHECK(depth < DEEPEST, ST_BAD_DATA,
          "%s/%s: %d folders in each other: is a link in it to a folder above?", root, inside,
          depth);
    CHECK(asprintf(&path, "%s/%s", root, inside) >= 0, ST_INTERNAL, "no memory to list \"%s\"",
          root);
    status s = folder_list_marked(path, &entries);
    free(path);
    TRY(s);
    for (char **entry = entries; *entry != NULL && s == ST_OK; entry++)
        s = add_entry(t, root, inside, *entry, depth);
    folder_free(entries);
    return s;
}

status image_tree_list(image_tree *t, const char *root)
{
    *t = (image_tree){0};
    return list_folder(t, root, "", 0);
}

void image_tree_free(image_tree *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->names[i]);
    free(t->names);
    *t = (image_tree){0};
}
