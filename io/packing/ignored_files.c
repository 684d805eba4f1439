// io/packing/ignored_files.c -- a short list of kinds, searched from its beginning.
#include "io/packing/ignored_files.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static void add(ignored_files *g, const ignored_kind *more)
{
    for (int i = 0; i < g->kind_count; i++)
        if (strcasecmp(g->kinds[i].what, more->what) == 0) {
            g->kinds[i].count += more->count;
            return;
        }
    if (g->kind_count == IGNORED_KINDS)
        g->others += more->count;
    else
        g->kinds[g->kind_count++] = *more;
}

void ignored_files_add(ignored_files *g, const char *what, const char *name)
{
    ignored_kind one = {.count = 1};
    snprintf(one.what, sizeof one.what, "%s", what);
    snprintf(one.first, sizeof one.first, "%s", name);
    add(g, &one);
}

void ignored_files_join(ignored_files *g, const ignored_files *more)
{
    for (int i = 0; i < more->kind_count; i++)
        add(g, &more->kinds[i]);
    g->others += more->others;
}

void ignored_files_add_ending(ignored_files *g, const char *name)
{
    const char *slash = strrchr(name, '/'), *ending = strrchr(slash != NULL ? slash : name, '.');
    bool known = ending != NULL && strlen(ending) < sizeof g->kinds[0].what;
    ignored_files_add(g, known ? ending : "without an ending", name);
}

const char *ignored_files_text(const ignored_files *g, char text[IGNORED_TEXT])
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < g->kind_count; i++) {
        const ignored_kind *kind = &g->kinds[i];
        used += (size_t)snprintf(text + used, IGNORED_TEXT - used, "%s%" PRIu64 " %s (%s)",
                                 i > 0 ? ", " : "", kind->count, kind->what, kind->first);
    }
    if (g->others > 0)
        snprintf(text + used, IGNORED_TEXT - used, ", %" PRIu64 " others", g->others);
    return text;
}
