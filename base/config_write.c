// base/config_write.c -- struct members as YAML that reads back equal, and the help tables.
#include "base/config_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define YAML_SIZE (4 * CONFIG_TEXT_SIZE + 3) // every byte escaped, and two quotes

// Plain only where YAML leaves no doubt: a word that starts like a name or a path, and that no
// reader takes for a number, a bool or null.
static bool may_be_plain(const char *text)
{
    bool truth;
    if (!isalpha((unsigned char)text[0]) && text[0] != '/' && text[0] != '_') return false;
    if (config_is_nothing(text) || config_is_bool(text, &truth)) return false;
    for (; *text != '\0'; text++)
        if (!isalnum((unsigned char)*text) && strchr("_./*?+-=@%", *text) == NULL) return false;
    return true;
}

static void format_text(const char *text, char yaml[YAML_SIZE])
{
    if (may_be_plain(text)) {
        snprintf(yaml, YAML_SIZE, "%s", text);
        return;
    }
    *yaml++ = '"';
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7f) {
            yaml += sprintf(yaml, "\\x%02x", byte);
            continue;
        }
        unsigned char second = (unsigned char)text[1];
        if (byte == 0xc2 && second >= 0x80 && second < 0xa0) { // a control character of two bytes
            yaml += sprintf(yaml, "\\x%02x", second);
            text++;
            continue;
        }
        if (byte == '"' || byte == '\\') *yaml++ = '\\';
        *yaml++ = *text;
    }
    *yaml++ = '"';
    *yaml = '\0';
}

// The fewest digits that read back as the same number.
static void format_real(double value, char yaml[YAML_SIZE])
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(yaml, YAML_SIZE, "%.*g", digits, value);
        if (strtod(yaml, NULL) == value) return;
    }
}

static void format_member(const config_field *field, const void *into, char yaml[YAML_SIZE])
{
    const char *member = (const char *)into + field->offset;
    int64_t integer;
    double real;
    bool truth;
    int choice;
    name_list choices;
    switch (field->type) {
    case FIELD_INT:
        memcpy(&integer, member, sizeof integer);
        snprintf(yaml, YAML_SIZE, "%lld", (long long)integer);
        return;
    case FIELD_REAL:
        memcpy(&real, member, sizeof real);
        format_real(real, yaml);
        return;
    case FIELD_BOOL:
        memcpy(&truth, member, sizeof truth);
        snprintf(yaml, YAML_SIZE, "%s", truth ? "true" : "false");
        return;
    case FIELD_TEXT:
        format_text(member, yaml);
        return;
    case FIELD_CHOICE:
        memcpy(&choice, member, sizeof choice);
        config_split_choices(&choices, field->choices);
        ASSERT(choice >= 0 && choice < choices.count);
        format_text(choices.names[choice], yaml);
        return;
    }
}

status config_keep(config *c, const char *path, const config_field *field, const void *into)
{
    char yaml[YAML_SIZE];
    format_member(field, into, yaml);
    config_value **value = &c->values;
    while (*value != NULL && strcmp((*value)->path, path) != 0)
        value = &(*value)->next;
    if (*value == NULL) {
        *value = calloc(1, sizeof **value);
        CHECK(*value != NULL, ST_INTERNAL, "no memory for the job file");
        TRY(config_text(&(*value)->path, "%s", path));
    }
    free((*value)->yaml);
    return config_text(&(*value)->yaml, "%s", yaml);
}

// All values under `section`; sections inside it come where their first value does.
static void write_section(config_value *values, const char *section, int indent, FILE *out)
{
    for (config_value *value = values; value != NULL; value = value->next) {
        const char *name = config_inside(section, value->path);
        if (name == NULL || value->written) continue;
        const char *dot = strchr(name, '.');
        if (dot == NULL) {
            fprintf(out, "%*s%s: %s\n", indent, "", name, value->yaml);
            value->written = true;
            continue;
        }
        char inner[CONFIG_PATH_SIZE];
        snprintf(inner, sizeof inner, "%.*s", (int)(dot - value->path), value->path);
        fprintf(out, "%*s%.*s:\n", indent, "", (int)(dot - name), name);
        write_section(values, inner, indent + 2, out);
    }
}

void config_write(const config *c, FILE *out)
{
    for (config_value *value = c->values; value != NULL; value = value->next)
        value->written = false;
    write_section(c->values, "", 0, out);
}

// Two cells of a row of the help table.
typedef struct help_row {
    const char *initial;
    char range[CONFIG_LIST_SIZE]; // or choices
} help_row;

static void make_row(const config_field *field, help_row *row)
{
    name_list choices;
    config_split_choices(&choices, field->choices);
    config_join(&choices, row->range);
    if (config_has_range(field))
        snprintf(row->range, sizeof row->range, "%.15g to %.15g", field->low, field->high);
    row->initial = field->initial != NULL ? field->initial : "required";
    if (row->initial[0] == '\0') row->initial = "\"\"";
}

static void widen(int *width, const char *text)
{
    int length = (int)strlen(text);
    if (length > *width) *width = length;
}

void config_help(FILE *out, const char *section, const config_field *fields)
{
    static const char *const types[] = {"integer", "number", "bool", "text", "choice"};
    int name_width = 0, initial_width = 0, range_width = 0;
    help_row row;
    for (const config_field *field = fields; field->name != NULL; field++) {
        make_row(field, &row);
        widen(&name_width, field->name);
        widen(&initial_width, row.initial);
        widen(&range_width, row.range);
    }
    if (section[0] != '\0') fprintf(out, "%s:\n", section);
    for (const config_field *field = fields; field->name != NULL; field++) {
        make_row(field, &row);
        fprintf(out, "  %-*s  %-7s  %-*s  %-*s  %s\n", name_width, field->name, types[field->type],
                initial_width, row.initial, range_width, row.range, field->help);
    }
}
