// base/config_read.c -- entries to struct members, by field tables, with all checks.
#include "base/config_private.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

// The fields of all parts of a section, each with the struct it fills.
typedef struct section_fields {
    struct section_field {
        const config_field *field;
        void *into;
    } items[CONFIG_MOST_NAMES];
    int count;
} section_fields;

static void gather_fields(section_fields *all, const config_part *parts)
{
    all->count = 0;
    for (const config_part *part = parts; part->fields != NULL; part++)
        for (const config_field *field = part->fields; field->name != NULL; field++) {
            ASSERT(all->count < CONFIG_MOST_NAMES);
            all->items[all->count++] = (struct section_field){field, part->into};
        }
}

static bool in_range(const config_field *field, double value)
{
    return !config_has_range(field) || (value >= field->low && value <= field->high);
}

// Which of the field's choices it is; -1: none.
static int find_choice(const config_field *field, const char *text)
{
    name_list choices;
    config_split_choices(&choices, field->choices);
    for (int i = 0; i < choices.count; i++)
        if (strcmp(choices.names[i], text) == 0) return i;
    return -1;
}

// "an integer from 1 to 8", "one of a, b": what `field` takes.
static void describe(const config_field *field, const name_list *choices, char *text, size_t size)
{
    static const char *const types[] = {"an integer", "a number", "true or false", "a text",
                                        "a name"};
    char joined[CONFIG_LIST_SIZE];
    if (choices->count > 0)
        snprintf(text, size, "one of %s", config_join(choices, joined));
    else if (config_has_range(field))
        snprintf(text, size, "%s from %.15g to %.15g", types[field->type], field->low, field->high);
    else if (field->type == FIELD_TEXT)
        snprintf(text, size, "a text of %s %d bytes", field->initial == NULL ? "1 to" : "at most",
                 CONFIG_TEXT_SIZE - 1);
    else
        snprintf(text, size, "%s", types[field->type]);
}

static status fail_expected(const config_field *field, const config_entry *entry)
{
    char wanted[CONFIG_LIST_SIZE + 32], hint[CONFIG_TEXT_SIZE + 32] = "";
    name_list choices;
    config_split_choices(&choices, field->choices);
    describe(field, &choices, wanted, sizeof wanted);
    if (config_is_section(entry))
        return failure(ST_CONFIG, "%s: %s: expected %s, got %s", entry->place, entry->path, wanted,
                       entry->form == FORM_SECTION ? "a section" : "nothing");
    const char *near = config_nearest(entry->text, choices.names);
    if (near != NULL) snprintf(hint, sizeof hint, "; did you mean '%s'?", near);
    return failure(ST_CONFIG, "%s: %s: expected %s, got %s\"%s\"%s", entry->place, entry->path,
                   wanted, entry->form == FORM_QUOTED ? "the quoted text " : "",
                   config_quoted(entry->text).text, hint);
}

// What must be given may not be empty: "" as a path would be the root of the file system.
static bool is_text(const config_field *field, const char *text)
{
    size_t length = strlen(text);
    return length < CONFIG_TEXT_SIZE && (length > 0 || field->initial != NULL) &&
           (field->choices == NULL || find_choice(field, text) >= 0);
}

// Checks the entry's value and stores it into its member of `into`.
static status store(const config_field *field, const config_entry *entry, void *into)
{
    char *member = (char *)into + field->offset;
    bool scalar = !config_is_section(entry);
    bool unquoted = scalar && entry->form != FORM_QUOTED;
    int64_t integer;
    double real;
    bool truth;
    int choice;
    if (field->type == FIELD_INT && unquoted && config_is_integer(entry->text, &integer) &&
        in_range(field, (double)integer)) {
        memcpy(member, &integer, sizeof integer);
    } else if (field->type == FIELD_REAL && unquoted && config_is_real(entry->text, &real) &&
               in_range(field, real)) {
        memcpy(member, &real, sizeof real);
    } else if (field->type == FIELD_BOOL && unquoted && config_is_bool(entry->text, &truth)) {
        memcpy(member, &truth, sizeof truth);
    } else if (field->type == FIELD_TEXT && scalar && is_text(field, entry->text)) {
        snprintf(member, CONFIG_TEXT_SIZE, "%s", entry->text);
    } else if (field->type == FIELD_CHOICE && scalar &&
               (choice = find_choice(field, entry->text)) >= 0) {
        memcpy(member, &choice, sizeof choice);
    } else {
        return fail_expected(field, entry);
    }
    return ST_OK;
}

// "FILE:3:5: method.tempreature: no such key; did you mean 'temperature'?", where `word` is the
// name to compare.
static status fail_no_such(const config_entry *entry, const char *kind, const char *word,
                           const name_list *known)
{
    char joined[CONFIG_LIST_SIZE];
    const char *near = config_nearest(word, known->names);
    CHECK(near == NULL, ST_CONFIG, "%s: %s: no such %s; did you mean '%s'?", entry->key_place,
          entry->path, kind, near);
    return failure(ST_CONFIG, "%s: %s: no such %s; %s%s", entry->key_place, entry->path, kind,
                   known->count > 0 ? "expected one of " : "none is expected here",
                   config_join(known, joined));
}

// Fails because no field takes `entry`, whose name in its section is `name`.
static status fail_unknown(const config_entry *entry, const char *name, const section_fields *all)
{
    name_list known = {0};
    for (int i = 0; i < all->count; i++) {
        const char *inner = config_inside(name, all->items[i].field->name);
        CHECK(inner == NULL, ST_CONFIG, "%s: %s: expected a section with the key '%s', got \"%s\"",
              entry->place, entry->path, inner, config_quoted(entry->text).text);
        config_add_name(&known, all->items[i].field->name);
    }
    bool top = strchr(entry->path, '.') == NULL; // a section may have been meant
    return fail_no_such(entry, top ? "top-level key" : "key", name, &known);
}

static bool has_children(const config *c, const config_entry *section)
{
    for (const config_entry *entry = c->entries; entry != NULL; entry = entry->next)
        if (config_inside(section->path, entry->path) != NULL) return true;
    return false;
}

// True if some field lies in section `name`.
static bool leads_to_field(const section_fields *all, const char *name)
{
    for (int i = 0; i < all->count; i++)
        if (config_inside(name, all->items[i].field->name) != NULL) return true;
    return false;
}

// True of what stands in, or is, a section of the top level that no field goes into.
static bool is_other_section(const config_entry *entry, const section_fields *all)
{
    char first[CONFIG_PATH_SIZE];
    const char *dot = strchr(entry->path, '.');
    if (dot == NULL) return config_is_section(entry) && !leads_to_field(all, entry->path);
    snprintf(first, sizeof first, "%.*s", (int)(dot - entry->path), entry->path);
    return !leads_to_field(all, first);
}

// Stores an entry of the section into every member of its name, and fails if there is none.
static status take_entry(const config *c, config_entry *entry, const char *section,
                         const section_fields *all)
{
    const char *name = config_inside(section, entry->path);
    if (name == NULL) return ST_OK;
    bool known = config_is_section(entry) && leads_to_field(all, name);
    for (int i = 0; i < all->count; i++) {
        if (strcmp(all->items[i].field->name, name) != 0) continue;
        TRY(store(all->items[i].field, entry, all->items[i].into));
        known = true;
    }
    if (!known && section[0] == '\0' && is_other_section(entry, all)) return ST_OK;
    // An unknown section is reported by its first key, which is nearer to what was meant.
    if (!known && !entry->read && !has_children(c, entry)) return fail_unknown(entry, name, all);
    entry->read = true;
    return ST_OK;
}

static bool takes(const section_fields *all, const char *name)
{
    for (int i = 0; i < all->count; i++)
        if (strcmp(all->items[i].field->name, name) == 0) return true;
    return leads_to_field(all, name);
}

// Marks as read what the file says in the section for the plug-in it named itself.
static void leave_out_others(config *c, const char *section, const char *key,
                             const section_fields *all)
{
    const config_entry *choice = config_find(c, key);
    if (choice == NULL || !choice->overridden) return;
    for (config_entry *entry = c->entries; entry != NULL; entry = entry->next) {
        const char *name = config_inside(section, entry->path);
        if (name == NULL || entry->overridden || takes(all, name)) continue;
        log_info("%s: %s is left out, since %s is %s now", entry->key_place, entry->path, key,
                 choice->text);
        entry->read = true;
    }
}

// Gives the member its default if the job does not set it, and keeps its value for config_write.
static status complete_field(config *c, const char *section, const config_field *field, void *into)
{
    char path[CONFIG_PATH_SIZE];
    snprintf(path, sizeof path, "%s%s%s", section, section[0] != '\0' ? "." : "", field->name);
    if (config_find(c, path) == NULL) {
        const config_entry *self = config_find(c, section);
        CHECK(field->initial != NULL, ST_CONFIG, "%s: %s: this key must be given (%s)",
              self != NULL ? self->key_place : c->origin, path, field->help);
        char initial[CONFIG_TEXT_SIZE], place[] = "built-in default";
        snprintf(initial, sizeof initial, "%s", field->initial);
        config_entry entry = {.path = path, .text = initial, .form = FORM_RAW, .place = place};
        TRY(store(field, &entry, into));
    }
    return config_keep(c, path, field, into);
}

// Remembers that section `name` was read; the entries of it and of the sections around are known.
static status mark_section(config *c, const char *name)
{
    for (config_entry *entry = c->entries; entry != NULL; entry = entry->next)
        if (strcmp(entry->path, name) == 0 || config_inside(entry->path, name) != NULL)
            entry->read = true;
    config_section **end = &c->sections;
    for (; *end != NULL; end = &(*end)->next)
        if (strcmp((*end)->name, name) == 0) return ST_OK;
    config_section *section = calloc(1, sizeof *section);
    CHECK(section != NULL, ST_INTERNAL, "no memory for the job file");
    *end = section;
    return config_text(&section->name, "%s", name);
}

// `key` names the plug-in whose fields are among the parts; NULL: none does.
static status read_section(config *c, const char *section, const char *key,
                           const config_part *parts)
{
    section_fields all;
    gather_fields(&all, parts);
    const config_entry *self = config_find(c, section);
    CHECK(self == NULL || config_is_section(self), ST_CONFIG,
          "%s: %s: expected a section of `key: value`, got \"%s\"", self->place, section,
          config_quoted(self->text).text);
    TRY(mark_section(c, section));
    if (key != NULL) leave_out_others(c, section, key, &all);
    for (config_entry *entry = c->entries; entry != NULL; entry = entry->next)
        TRY(take_entry(c, entry, section, &all));
    for (int i = 0; i < all.count; i++)
        TRY(complete_field(c, section, all.items[i].field, all.items[i].into));
    return ST_OK;
}

status config_read(config *c, const char *section, const config_part *parts)
{
    return read_section(c, section, NULL, parts);
}

status config_read_chosen(config *c, const char *section, const char *key, const config_part *parts)
{
    return read_section(c, section, key, parts);
}

status config_finish(config *c)
{
    const config_entry *entry = c->entries;
    while (entry != NULL && entry->read)
        entry = entry->next;
    if (entry == NULL) return ST_OK;
    name_list known = {0};
    for (const config_section *section = c->sections; section != NULL; section = section->next)
        if (section->name[0] != '\0') config_add_name(&known, section->name);
    return fail_no_such(entry, config_is_section(entry) ? "section" : "key", entry->path, &known);
}
