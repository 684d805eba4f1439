// io/shards/data_guess.c -- two walks over a file: its largest array of numbers, then a column that
// fits it.
#include "io/shards/data_guess.h"

#include "io/files/hdf5_file.h"
#include "io/files/hdf5_lock.h"
#include "io/shards/shard.h"

#include <stdbool.h>
#include <string.h>

typedef struct walk {
    data_guess *guess;
    int rank; // of the images found so far; 0: none
    hsize_t dims[H5S_MAX_RANK];
    hsize_t values;
} walk;

// Rank and sizes; -1: text and other things that are no numbers, or no array.
static int look(hid_t dataset, hsize_t dims[H5S_MAX_RANK], H5T_class_t *class)
{
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    *class = H5Tget_class(type);
    int rank = H5Sget_simple_extent_dims(space, dims, NULL);
    H5Sclose(space);
    H5Tclose(type);
    return rank;
}

static bool holds_pixels(H5T_class_t class)
{
    return class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM || class == H5T_BITFIELD;
}

static void keep_path(char path[DATA_GUESS_SIZE], const char *name)
{
    snprintf(path, DATA_GUESS_SIZE, "/%.*s", DATA_GUESS_SIZE - 2, name);
}

static void visit_images(hid_t dataset, const char *name, void *context)
{
    walk *w = context;
    hsize_t dims[H5S_MAX_RANK], values = 1;
    H5T_class_t class;
    int rank = look(dataset, dims, &class);
    if (rank < 2 || rank > 4 || !holds_pixels(class)) return;
    for (int i = 0; i < rank; i++)
        values *= dims[i];
    bool named = strcmp(name, &SHARD_IMAGES[1]) == 0;
    bool stack = rank > 2, had_stack = w->rank > 2;
    bool better = stack != had_stack ? stack : values > w->values;
    if (strcmp(w->guess->images, SHARD_IMAGES) == 0 || !(named || better)) return;
    w->rank = rank;
    w->values = values;
    memcpy(w->dims, dims, sizeof dims);
    keep_path(w->guess->images, name);
}

static bool says_labels(const char *name)
{
    static const char *const words[] = {"label", "class", "target", "categor", "species", "kind"};
    const char *last = strrchr(name, '/');
    last = last != NULL ? last + 1 : name;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(last, words[i]) != NULL) return true;
    return strcasecmp(last, "y") == 0;
}

static void visit_labels(hid_t dataset, const char *name, void *context)
{
    walk *w = context;
    hsize_t dims[H5S_MAX_RANK];
    H5T_class_t class;
    int rank = look(dataset, dims, &class);
    bool column = rank >= 1 && (holds_pixels(class) || class == H5T_STRING), fits = false;
    for (int i = 1; i < rank; i++)
        column = column && dims[i] == 1;
    for (int i = 0; i < w->rank && column; i++)
        fits = fits || w->dims[i] == dims[0];
    bool named = strcmp(name, &SHARD_LABELS[1]) == 0;
    bool first = w->guess->labels[0] == '\0' && says_labels(name);
    if (fits && (named || first)) keep_path(w->guess->labels, name);
}

static status find_locked(data_guess *guess, const char *path)
{
    hid_t file;
    walk w = {.guess = guess};
    TRY(hdf5_open(&file, path));
    status s = hdf5_each_dataset(file, path, visit_images, &w);
    if (s == ST_OK && w.rank > 0) s = hdf5_each_dataset(file, path, visit_labels, &w);
    H5Fclose(file);
    return s;
}

status data_guess_find(data_guess *guess, const char *path)
{
    *guess = (data_guess){.images = ""};
    hdf5_lock();
    status s = find_locked(guess, path);
    hdf5_unlock();
    return s;
}
