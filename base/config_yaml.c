// base/config_yaml.c -- YAML to entries: nested mappings of scalars, by the events of libfyaml.
//
// Jobs use a subset of YAML: mappings and scalars, in block or flow style, one document. What else
// YAML has (sequences, anchors, aliases, tags, keys that are no words) is an error with its place.
#include "base/config_private.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

typedef struct yaml_reader {
    config *c;
    struct fy_diag *diagnostics; // collects what libfyaml would print
    struct fy_parser *parser;
    struct fy_event *event; // the current one
    char path[CONFIG_PATH_SIZE];
} yaml_reader;

// "FILE:LINE:COLUMN", counted from 1.
typedef struct place_text {
    char text[CONFIG_PATH_SIZE + 32];
} place_text;

static place_text place_here(const yaml_reader *r)
{
    const struct fy_event *event = r->event;
    const struct fy_mark *mark = fy_event_start_mark(r->event);
    bool quoted = false; // the mark is then after the quote, and of an alias after the '*'
    if (event->type == FYET_SCALAR && event->scalar.value != NULL) {
        enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
        quoted = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
    }
    int line = mark != NULL ? mark->line + 1 : 1, column = mark != NULL ? mark->column + 1 : 1;
    if (quoted || event->type == FYET_ALIAS) column--;
    place_text place;
    snprintf(place.text, sizeof place.text, "%.*s:%d:%d", CONFIG_PATH_SIZE, r->c->origin, line,
             column);
    return place;
}

static status fail_with_diagnostics(const yaml_reader *r)
{
    void *cursor = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(r->diagnostics, &cursor);
    CHECK(error != NULL, ST_CONFIG, "%s: not valid YAML", r->c->origin);
    return failure(ST_CONFIG, "%s:%d:%d: not valid YAML: %s", r->c->origin, error->line,
                   error->column, error->msg);
}

static status next_event(yaml_reader *r)
{
    fy_parser_event_free(r->parser, r->event);
    r->event = fy_parser_parse(r->parser);
    if (r->event == NULL) return fail_with_diagnostics(r);
    return ST_OK;
}

// Fails for what the subset leaves out: `what` is the key or value at hand.
static status require_plain_node(const yaml_reader *r, const char *what)
{
    const char *got = NULL;
    if (r->event->type == FYET_SEQUENCE_START) got = "a sequence";
    if (r->event->type == FYET_ALIAS) got = "an alias (*)";
    if (r->event->type != FYET_ALIAS && fy_event_get_anchor_token(r->event) != NULL)
        got = "an anchor (&)";
    if (r->event->type != FYET_ALIAS && fy_event_get_tag_token(r->event) != NULL) got = "a tag (!)";
    CHECK(got == NULL, ST_CONFIG, "%s: %s: expected a value or a section of `key: value`, got %s",
          place_here(r).text, what, got);
    return ST_OK;
}

// Appends the key at hand to r->path.
static status enter_key(yaml_reader *r, size_t parent_length)
{
    size_t length = 0;
    const char *key = "";
    TRY(require_plain_node(r, parent_length > 0 ? r->path : "top level"));
    if (r->event->type == FYET_SCALAR && r->event->scalar.value != NULL)
        key = fy_token_get_text(r->event->scalar.value, &length);
    CHECK(key != NULL, ST_INTERNAL, "no memory for the job file");
    char text[CONFIG_PATH_SIZE];
    snprintf(text, sizeof text, "%.*s", (int)(length < sizeof text ? length : sizeof text - 1),
             key);
    CHECK(config_is_key(key, length), ST_CONFIG,
          "%s: expected a key of letters, digits, '_' and '-', got \"%s\"", place_here(r).text,
          config_quoted(text).text);
    CHECK(parent_length + 1 + length < CONFIG_PATH_SIZE, ST_CONFIG,
          "%s: key \"%s\" is too long or too deeply nested", place_here(r).text,
          config_quoted(text).text);
    snprintf(r->path + parent_length, CONFIG_PATH_SIZE - parent_length, "%s%s",
             parent_length > 0 ? "." : "", text);
    const config_entry *first = config_find(r->c, r->path);
    CHECK(first == NULL, ST_CONFIG, "%s: %s: repeated key; it was given first at %s",
          place_here(r).text, r->path, first->key_place);
    return ST_OK;
}

static status add_scalar(yaml_reader *r, const char *key_place)
{
    size_t length = 0;
    const char *text = "";
    bool plain = r->event->scalar.value == NULL;
    if (!plain) {
        text = fy_token_get_text(r->event->scalar.value, &length);
        plain = fy_token_scalar_style(r->event->scalar.value) == FYSS_PLAIN;
    }
    CHECK(text != NULL, ST_INTERNAL, "no memory for the job file");
    CHECK(memchr(text, '\0', length) == NULL, ST_CONFIG, "%s: %s: the text holds a zero byte",
          place_here(r).text, r->path);
    char *copy = NULL;
    TRY(config_text(&copy, "%.*s", (int)length, text));
    entry_form form = plain ? (config_is_nothing(copy) ? FORM_NOTHING : FORM_PLAIN) : FORM_QUOTED;
    status result = config_add(r->c, r->path, form, copy, key_place,
                               r->event->scalar.value != NULL ? place_here(r).text : key_place);
    free(copy);
    return result;
}

// From the event after the start of a mapping to its end. libfyaml limits the depth of nesting.
static status read_mapping(yaml_reader *r, size_t parent_length)
{
    for (;;) {
        r->path[parent_length] = '\0';
        TRY(next_event(r));
        if (r->event->type == FYET_MAPPING_END) return ST_OK;
        TRY(enter_key(r, parent_length));
        place_text key_place = place_here(r);
        TRY(next_event(r));
        TRY(require_plain_node(r, r->path));
        if (r->event->type == FYET_SCALAR) {
            TRY(add_scalar(r, key_place.text));
            continue;
        }
        TRY(config_add(r->c, r->path, FORM_SECTION, "", key_place.text, key_place.text));
        TRY(read_mapping(r, strlen(r->path)));
    }
}

static status read_stream(yaml_reader *r)
{
    TRY(next_event(r)); // start of the stream
    TRY(next_event(r));
    if (r->event->type == FYET_STREAM_END) return ST_OK;
    TRY(next_event(r));
    TRY(require_plain_node(r, "top level"));
    bool empty = r->event->type == FYET_SCALAR && r->event->scalar.value == NULL;
    CHECK(r->event->type == FYET_MAPPING_START || empty, ST_CONFIG,
          "%s: expected `key: value` lines, got a bare text", place_here(r).text);
    if (!empty) TRY(read_mapping(r, 0));
    TRY(next_event(r)); // end of the document
    TRY(next_event(r));
    CHECK(r->event->type == FYET_STREAM_END, ST_CONFIG,
          "%s: expected one YAML document, found a second", place_here(r).text);
    return ST_OK;
}

status config_read_yaml(config *c, const char *text)
{
    yaml_reader r = {.c = c};
    struct fy_diag_cfg silent;
    fy_diag_cfg_default(&silent);
    silent.fp = NULL;
    r.diagnostics = fy_diag_create(&silent);
    CHECK(r.diagnostics != NULL, ST_INTERNAL, "no memory for the YAML parser");
    fy_diag_set_collect_errors(r.diagnostics, true);
    struct fy_parse_cfg settings = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE,
                                    .diag = r.diagnostics};
    r.parser = fy_parser_create(&settings);
    status result = ST_OK;
    if (r.parser == NULL || fy_parser_set_string(r.parser, text, strlen(text)) != 0)
        result = failure(ST_INTERNAL, "no memory for the YAML parser");
    if (result == ST_OK) result = read_stream(&r);
    if (r.parser != NULL) fy_parser_event_free(r.parser, r.event);
    fy_parser_destroy(r.parser);
    fy_diag_destroy(r.diagnostics);
    return result;
}
