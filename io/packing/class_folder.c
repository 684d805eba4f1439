// io/packing/class_folder.c -- sub-folders are classes, their files samples.
#include "io/packing/class_folder.h"

#include "io/files/folder.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_image_name(const char *name)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".png"};
    const char *ending = strrchr(name, '.');
    if (ending == NULL || name[0] == '.') return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(ending, endings[i]) == 0) return true;
    return false;
}

static status add_image(class_folder *f, const char *folder, const char *name, size_t place)
{
    if (f->count == f->room) {
        size_t room = 2 * f->room + 64;
        class_image *more = realloc(f->images, room * sizeof *more);
        CHECK(more != NULL, ST_INTERNAL, "no memory to list \"%s\"", folder);
        f->images = more;
        f->room = room;
    }
    class_image *image = &f->images[f->count];
    *image = (class_image){.label = f->classes, .place = place};
    CHECK(asprintf(&image->path, "%s/%s", folder, name) >= 0, ST_INTERNAL,
          "no memory to list \"%s\"", folder);
    f->count++;
    return ST_OK;
}

static status add_class_name(class_folder *f, const char *name)
{
    size_t length = f->class_names == NULL ? 0 : strlen(f->class_names);
    char *longer = realloc(f->class_names, length + strlen(name) + 2);
    CHECK(longer != NULL, ST_INTERNAL, "no memory for the name of class \"%s\"", name);
    snprintf(longer + length, strlen(name) + 2, "%s%s", length > 0 ? "\n" : "", name);
    f->class_names = longer;
    return ST_OK;
}

// A sub-folder without images is no class.
static status add_class(class_folder *f, const char *folder, const char *name)
{
    char **files;
    size_t place = 0;
    status s = folder_list(folder, &files);
    if (s != ST_OK) return s;
    for (char **file = files; *file != NULL && s == ST_OK; file++)
        if (is_image_name(*file)) s = add_image(f, folder, *file, place++);
    folder_free(files);
    if (s != ST_OK || place == 0) return s;
    f->classes++;
    return add_class_name(f, name);
}

status class_folder_list(class_folder *f, const char *path)
{
    char **names;
    *f = (class_folder){0};
    status s = folder_list(path, &names);
    if (s != ST_OK) return s;
    for (char **name = names; *name != NULL && s == ST_OK; name++) {
        char *folder;
        if (**name == '.') continue;
        if (asprintf(&folder, "%s/%s", path, *name) < 0) {
            s = failure(ST_INTERNAL, "no memory to list \"%s\"", path);
            break;
        }
        if (folder_exists(folder)) s = add_class(f, folder, *name);
        free(folder);
    }
    folder_free(names);
    return s;
}

void class_folder_free(class_folder *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->images[i].path);
    free(f->images);
    free(f->class_names);
    *f = (class_folder){0};
}
