// io/files/hdf5_source.c -- HDF5's rules: as named if absolute, HDF5_VDS_PREFIX, beside the file,
// the working folder, beside the file that a link leads to.
//   source: HDF5 1.10, H5F_prefix_open_file and H5D_build_file_prefix
#include "io/files/hdf5_source.h"

#include "io/files/hdf5_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ORIGIN "${ORIGIN}"

// The folder that a file stands in, with its last slash; "" for the working folder.
static void folder_of(char folder[PATH_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');
    int length = slash != NULL ? (int)(slash - path) + 1 : 0;
    snprintf(folder, PATH_MAX, "%.*s", length, path);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

// prefix/name, where a prefix of ${ORIGIN}... begins at the folder of `main`. False: too long.
static bool join(char path[PATH_MAX], const char *main, const char *prefix, size_t length,
                 const char *name)
{
    char folder[PATH_MAX] = "";
    if (strncmp(prefix, ORIGIN, strlen(ORIGIN)) == 0) {
        folder_of(folder, main);
        prefix += strlen(ORIGIN);
        length -= strlen(ORIGIN);
        if (length > 0 && prefix[0] == '/' && folder[0] != '\0') prefix++, length--;
    }
    bool slash = length > 0 && prefix[length - 1] != '/';
    return snprintf(path, PATH_MAX, "%s%.*s%s%s", folder, (int)length, prefix, slash ? "/" : "",
                    name) < PATH_MAX;
}

// What went wrong first, other than that there is no such file.
typedef struct search {
    hdf5_source *source;
    const char *main;
    status code;
    char reason[512];
} search;

static bool try_open(search *s, const char *prefix, size_t length, const char *name)
{
    if (!join(s->source->path, s->main, prefix, length, name)) return false;
    status opened = hdf5_open(&s->source->file, s->source->path);
    if (opened == ST_OK) return true;
    if (opened != ST_NO_INPUT && s->code == ST_NO_INPUT) {
        s->code = opened;
        snprintf(s->reason, sizeof s->reason, "%s", status_message());
    }
    status_clear();
    return false;
}

static bool try_prefixes(search *s, const char *prefixes, const char *name)
{
    while (prefixes != NULL && prefixes[0] != '\0') {
        size_t length = strcspn(prefixes, ":");
        if (length > 0 && try_open(s, prefixes, length, name)) return true;
        prefixes += length;
        prefixes += strspn(prefixes, ":");
    }
    return false;
}

// Links on the way to the main file are followed.
static bool try_real_folder(search *s, const char *name)
{
    char folder[PATH_MAX], *real = realpath(s->main, NULL);
    if (real == NULL) return false;
    folder_of(folder, real);
    free(real);
    return try_open(s, folder, strlen(folder), name);
}

static bool try_all(search *s, const char *name)
{
    char folder[PATH_MAX];
    if (name[0] == '/') {
        if (try_open(s, "", 0, name)) return true;
        name = last_part(name);
    }
    folder_of(folder, s->main);
    return try_prefixes(s, getenv("HDF5_VDS_PREFIX"), name) ||
           try_open(s, folder, strlen(folder), name) || try_open(s, "", 0, name) ||
           try_real_folder(s, name);
}

status hdf5_source_open(hdf5_source *source, const char *main, const char *name)
{
    search s = {source, main, ST_NO_INPUT, "no such file beside it, in HDF5_VDS_PREFIX or here"};
    snprintf(source->name, sizeof source->name, "%s", name);
    source->file = -1;
    if (try_all(&s, name)) return ST_OK;
    return failure(s.code, "%s: its source \"%s\" cannot be opened (%s)", main, name, s.reason);
}

void hdf5_external_path(char path[PATH_MAX], const char *main, const char *name)
{
    const char *prefix = getenv("HDF5_EXTFILE_PREFIX");
    bool prefixed = name[0] != '/' && prefix != NULL;
    (void)join(path, main, prefixed ? prefix : "", prefixed ? strlen(prefix) : 0, name);
}
