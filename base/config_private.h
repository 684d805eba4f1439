// base/config_private.h -- what the files of config share: the job as a list of entries.
//
//   config_entries.c  the list of entries           config_scalar.c   texts to numbers and bools
//   config_nearest.c  names for messages            config_yaml.c     YAML to entries
//   config_write.c    struct members to YAML, help  config_read.c     entries to struct members
//   config.c          files, overrides
//
// Nesting is flattened: `evaluate: {knn: {k: 5}}` is the entries "evaluate" and "evaluate.knn"
// (sections) and "evaluate.knn.k" (a value). Every prefix of a path is a section entry.
#ifndef BASE_CONFIG_PRIVATE_H
#define BASE_CONFIG_PRIVATE_H

#include "base/config.h"

#include <stdbool.h>

#define CONFIG_PATH_SIZE 256

typedef enum entry_form {
    FORM_SECTION,
    FORM_NOTHING, // `key:`, `key: ~` or `key: null`: an empty section, or no value
    FORM_PLAIN,
    FORM_QUOTED, // never a number or a bool
    FORM_RAW     // from an override or a default: any type
} entry_form;

typedef struct config_entry {
    char *path; // "method.name"
    char *text; // "" of sections
    entry_form form;
    char *key_place; // "job.yaml:3:5" or "override 'batch=12x'"
    char *place;     // of the value
    bool overridden; // by another value than the file's, if that has one
    bool read;       // some config_read has checked it
    struct config_entry *next;
} config_entry;

// One value as it was stored into a struct, ready to be written: `path: yaml`.
typedef struct config_value {
    char *path, *yaml;
    bool written;
    struct config_value *next;
} config_value;

typedef struct config_section {
    char *name;
    struct config_section *next;
} config_section;

struct config {
    char *origin;
    config_entry *entries;    // in the order of the job, then of the overrides
    config_entry *last;       // of them; NULL: none
    void *by_path;            // the same as a tree of <search.h>
    config_value *values;     // in the order read
    config_section *sections; // read so far
};

// Memory for `text` formatted. The caller frees.
status config_text(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));

// One line of at most some 60 characters of `text`, for messages.
typedef struct config_quote {
    char text[96];
} config_quote;
config_quote config_quoted(const char *text);

// True of what may stand where a section is expected, and is no value.
static inline bool config_is_section(const config_entry *entry)
{
    return entry->form == FORM_SECTION || entry->form == FORM_NOTHING;
}

static inline bool config_has_range(const config_field *field)
{
    return (field->type == FIELD_INT || field->type == FIELD_REAL) &&
           (field->low != 0 || field->high != 0);
}

config_entry *config_find(const config *c, const char *path); // NULL: not there

// Appends an entry with copies of the texts.
status config_add(config *c, const char *path, entry_form form, const char *text,
                  const char *key_place, const char *place);
void config_drop_entries(config *c);

// What comes after "section." in `path` (all of it for section ""), or NULL outside the section.
const char *config_inside(const char *section, const char *path);

// True for one or more letters, digits, '_' and '-'.
bool config_is_key(const char *text, size_t length);

bool config_is_nothing(const char *text); // null of the YAML 1.2 core schema
bool config_is_bool(const char *text, bool *value);
bool config_is_integer(const char *text, int64_t *value); // exact: 1e3 and 2.50e1, not 0.5
bool config_is_real(const char *text, double *value);     // decimal and finite

// Reads all of `text` into c->entries. Errors as config_parse.
status config_read_yaml(config *c, const char *text);

// Keeps member `field` of `into` as a value to be written.
status config_keep(config *c, const char *path, const config_field *field, const void *into);

// Names for a message, ended by NULL; `text` holds them where they had to be cut from one.
#define CONFIG_MOST_NAMES 128
#define CONFIG_LIST_SIZE  1024
typedef struct name_list {
    const char *names[CONFIG_MOST_NAMES + 1];
    int count;
    char text[CONFIG_LIST_SIZE];
} name_list;
void config_add_name(name_list *list, const char *name); // a view
void config_split_choices(name_list *list, const char *choices);
const char *config_join(const name_list *list, char text[CONFIG_LIST_SIZE]); // "a, b"; returns text

#endif
