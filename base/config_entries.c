// base/config_entries.c -- the job as a list of entries, and their texts.
#include "base/config_private.h"

#include <ctype.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

status config_text(char **text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(text, format, arguments);
    va_end(arguments);
    if (length < 0) *text = NULL;
    CHECK(length >= 0, ST_INTERNAL, "no memory for the job file");
    return ST_OK;
}

config_quote config_quoted(const char *text)
{
    config_quote quote = {{0}};
    size_t length = 0, limit = sizeof quote.text - sizeof "\\x00...";
    for (; *text != '\0' && length < limit; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7f)
            length += (size_t)sprintf(quote.text + length, "\\x%02x", byte);
        else
            quote.text[length++] = *text;
    }
    if (*text != '\0') {
        while (length > 0 && ((unsigned char)quote.text[length - 1] & 0xc0u) == 0x80u)
            length--; // do not cut a character of several bytes
        memcpy(quote.text + length, "...", sizeof "...");
    }
    return quote;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const config_entry *)a)->path, ((const config_entry *)b)->path);
}

config_entry *config_find(const config *c, const char *path)
{
    char copy[CONFIG_PATH_SIZE];
    if (strlen(path) >= sizeof copy) return NULL; // no entry has such a path
    snprintf(copy, sizeof copy, "%s", path);
    const config_entry wanted = {.path = copy};
    config_entry *const *found = tfind(&wanted, &c->by_path, compare_paths);
    return found != NULL ? *found : NULL;
}

static void entry_destroy(config_entry *entry)
{
    if (entry == NULL) return;
    free(entry->path);
    free(entry->text);
    free(entry->key_place);
    free(entry->place);
    free(entry);
}

status config_add(config *c, const char *path, entry_form form, const char *text,
                  const char *key_place, const char *place)
{
    config_entry *entry = calloc(1, sizeof *entry);
    CHECK(entry != NULL, ST_INTERNAL, "no memory for the job file");
    *(c->last != NULL ? &c->last->next : &c->entries) = entry;
    c->last = entry;
    entry->form = form;
    entry->path = strdup(path);
    entry->text = strdup(text);
    entry->key_place = strdup(key_place);
    entry->place = strdup(place);
    bool copied = entry->path != NULL && entry->text != NULL && entry->key_place != NULL &&
                  entry->place != NULL;
    CHECK(copied && tsearch(entry, &c->by_path, compare_paths) != NULL, ST_INTERNAL,
          "no memory for the job file");
    return ST_OK;
}

const char *config_inside(const char *section, const char *path)
{
    size_t length = strlen(section);
    if (length == 0) return path;
    return strncmp(path, section, length) == 0 && path[length] == '.' ? path + length + 1 : NULL;
}

bool config_is_key(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '-') return false;
    return length > 0;
}

// The tree points to entries of the list.
static void owned_elsewhere(void *entry)
{
    (void)entry;
}

void config_drop_entries(config *c)
{
    tdestroy(c->by_path, owned_elsewhere);
    for (config_entry *next, *entry = c->entries; entry != NULL; entry = next) {
        next = entry->next;
        entry_destroy(entry);
    }
    c->by_path = NULL;
    c->entries = c->last = NULL;
}
