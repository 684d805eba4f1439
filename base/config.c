// base/config.c -- the job from a file, from text, and from overrides.
#include "base/config_private.h"

#include "base/input.h"

#include <stdlib.h>
#include <string.h>

// Length in bytes of the character of UTF-8 at `text`, 0 if it is none.
static size_t utf8_length(const unsigned char *text)
{
    if (text[0] < 0x80) return 1;
    size_t length = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
    if (text[0] < 0xc2 || text[0] > 0xf4) return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0u) != 0x80u) return 0;
    bool overlong = (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xf0 && text[1] < 0x90);
    bool surrogate = text[0] == 0xed && text[1] >= 0xa0;
    bool too_large = text[0] == 0xf4 && text[1] >= 0x90;
    return overlong || surrogate || too_large ? 0 : length;
}

// Bytes of `text` before the first that is not UTF-8; all of them when there is none.
static size_t utf8_span(const char *text)
{
    const unsigned char *rest = (const unsigned char *)text;
    while (*rest != '\0') {
        size_t length = utf8_length(rest);
        if (length == 0) break;
        rest += length;
    }
    return (size_t)((const char *)rest - text);
}

// libfyaml takes some such bytes for the end of the text, and keys would be lost silently.
static status require_utf8(const char *text, const char *origin)
{
    const char *end = text + utf8_span(text), *line_start = text;
    int line = 1;
    for (const char *rest = text; rest < end; rest++)
        if (*rest == '\n') {
            line++;
            line_start = rest + 1;
        }
    CHECK(*end == '\0', ST_CONFIG, "%s:%d:%d: expected UTF-8 text, found the byte 0x%02x", origin,
          line, (int)(end - line_start) + 1, (unsigned)(unsigned char)*end);
    return ST_OK;
}

// Makes sure that every prefix of `path` is a section.
static status open_sections(config *c, const char *path, const char *place)
{
    char section[CONFIG_PATH_SIZE];
    for (const char *dot = strchr(path, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
        snprintf(section, sizeof section, "%.*s", (int)(dot - path), path);
        config_entry *entry = config_find(c, section);
        if (entry == NULL) {
            TRY(config_add(c, section, FORM_SECTION, "", place, place));
            continue;
        }
        if (entry->form == FORM_NOTHING) entry->form = FORM_SECTION;
        CHECK(entry->form == FORM_SECTION, ST_CONFIG, "%s: '%s' is a value (%s), not a section",
              place, section, entry->place);
    }
    return ST_OK;
}

static status set_entry(config *c, const char *path, const char *value, const char *place)
{
    TRY(open_sections(c, path, place));
    config_entry *entry = config_find(c, path);
    if (entry == NULL) {
        TRY(config_add(c, path, FORM_RAW, value, place, place));
        config_find(c, path)->overridden = true;
        return ST_OK;
    }
    CHECK(entry->form != FORM_SECTION, ST_CONFIG,
          "%s: '%s' is a section (%s); name one of its keys, as in %s.key=value", place, path,
          entry->key_place, path);
    entry->overridden |= strcmp(entry->text, value) != 0;
    free(entry->text);
    free(entry->key_place);
    free(entry->place);
    entry->text = entry->key_place = entry->place = NULL;
    entry->form = FORM_RAW;
    TRY(config_text(&entry->text, "%s", value));
    TRY(config_text(&entry->key_place, "%s", place));
    return config_text(&entry->place, "%s", place);
}

static bool is_path(const char *text, size_t length)
{
    size_t start = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && text[i] != '.') continue;
        if (!config_is_key(text + start, i - start)) return false;
        start = i + 1;
    }
    return length < CONFIG_PATH_SIZE;
}

static status apply_override(config *c, const char *override)
{
    config_quote quote = config_quoted(override);
    const char *equals = strchr(override, '=');
    CHECK(equals != NULL && is_path(override, (size_t)(equals - override)), ST_CONFIG,
          "override '%s': expected key=value or section.key=value", quote.text);
    CHECK(override[utf8_span(override)] == '\0', ST_CONFIG,
          "override '%s': the value is not UTF-8 text", quote.text);
    char path[CONFIG_PATH_SIZE], place[sizeof quote + 16];
    snprintf(path, sizeof path, "%.*s", (int)(equals - override), override);
    snprintf(place, sizeof place, "override '%s'", quote.text);
    return set_entry(c, path, equals + 1, place);
}

static status fill(config *c, const char *text, const char *origin, int override_count,
                   char *const *overrides)
{
    TRY(config_text(&c->origin, "%s", origin));
    TRY(require_utf8(text, origin));
    TRY(config_read_yaml(c, text));
    for (int i = 0; i < override_count; i++)
        TRY(apply_override(c, overrides[i]));
    return ST_OK;
}

status config_parse(config **c, const char *text, const char *origin, int override_count,
                    char *const *overrides)
{
    *c = calloc(1, sizeof **c);
    CHECK(*c != NULL, ST_INTERNAL, "no memory for the job file");
    status result = fill(*c, text, origin, override_count, overrides);
    if (result == ST_OK) return ST_OK;
    config_destroy(*c);
    *c = NULL;
    return result;
}

status config_load(config **c, const char *path, int override_count, char *const *overrides)
{
    char *text;
    size_t bytes;
    *c = NULL;
    TRY(input_read_text(&text, path, &bytes));
    status result = ST_OK;
    if (strlen(text) != bytes)
        result = failure(ST_CONFIG, "%s: expected YAML text, found a zero byte after %zu bytes",
                         path, strlen(text));
    if (result == ST_OK) result = config_parse(c, text, path, override_count, overrides);
    free(text);
    return result;
}

status config_selected(config *c, const char *path, const char *initial,
                       char text[CONFIG_TEXT_SIZE])
{
    const config_entry *entry = config_find(c, path);
    if (entry == NULL) {
        CHECK(initial != NULL, ST_CONFIG, "%s: %s: this key must be given", c->origin, path);
        snprintf(text, CONFIG_TEXT_SIZE, "%s", initial);
        return ST_OK;
    }
    CHECK(!config_is_section(entry) && strlen(entry->text) < CONFIG_TEXT_SIZE, ST_CONFIG,
          "%s: %s: expected a name, got %s", entry->place, path,
          entry->form == FORM_SECTION   ? "a section"
          : entry->form == FORM_NOTHING ? "nothing"
                                        : "a text of more than 255 bytes");
    snprintf(text, CONFIG_TEXT_SIZE, "%s", entry->text);
    return ST_OK;
}

const char *config_place(const config *c, const char *path)
{
    const config_entry *entry = config_find(c, path);
    return entry != NULL ? entry->place : c->origin;
}

void config_destroy(config *c)
{
    if (c == NULL) return;
    config_drop_entries(c);
    for (config_value *next, *value = c->values; value != NULL; value = next) {
        next = value->next;
        free(value->path);
        free(value->yaml);
        free(value);
    }
    for (config_section *next, *section = c->sections; section != NULL; section = next) {
        next = section->next;
        free(section->name);
        free(section);
    }
    free(c->origin);
    free(c);
}
