// trainer/job/options.c -- options become overrides of an empty job, which checks their values.
#include "trainer/job/options.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// "shard_size" from "--shard-size=500"; *value is "500", or NULL without "=".
static void split_option(const char *word, char name[64], const char **value)
{
    const char *equals = strchr(word, '=');
    int length = equals != NULL ? (int)(equals - word) - 2 : (int)strlen(word) - 2;
    snprintf(name, 64, "%.*s", length, word + 2);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '-') *at = '_';
    *value = equals != NULL ? equals + 1 : NULL;
}

static const config_field *find_field(const config_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++)
        if (strcmp(fields->name, name) == 0) return fields;
    return NULL;
}

// "shard-size", as it is written on a command line.
static const char *spell(const char *name, char spelled[64])
{
    snprintf(spelled, 64, "%s", name);
    for (char *at = spelled; *at != '\0'; at++)
        if (*at == '_') *at = '-';
    return spelled;
}

static status unknown_option(const char *command, const char *word, const char *name,
                             const config_field *fields)
{
    const char *names[OPTIONS_MAX + 1] = {0};
    for (int i = 0; i < OPTIONS_MAX && fields[i].name != NULL; i++)
        names[i] = fields[i].name;
    const char *near = config_nearest(name, names);
    char spelled[64];
    CHECK(near == NULL, ST_USAGE, "%s: there is no option %s; did you mean --%s?", command, word,
          spell(near, spelled));
    return failure(ST_USAGE, "%s: there is no option %s; basin %s --help lists them", command, word,
                   command);
}

// The option at argv[*at] as "name=value"; steps over a value that stands by itself.
static status take_option(const char *command, int argc, char **argv, int *at,
                          const config_field *fields, char text[CONFIG_TEXT_SIZE])
{
    char name[64];
    const char *word = argv[*at], *value;
    split_option(word, name, &value);
    const config_field *field = find_field(fields, name);
    if (field == NULL) return unknown_option(command, word, name, fields);
    if (value == NULL && field->type == FIELD_BOOL) value = "true";
    if (value == NULL) {
        CHECK(*at + 1 < argc, ST_USAGE, "%s: %s needs a value (%s)", command, word, field->help);
        value = argv[++*at];
    }
    int length = snprintf(text, CONFIG_TEXT_SIZE, "%s=%s", name, value);
    CHECK(length < CONFIG_TEXT_SIZE, ST_USAGE, "%s: the value of %s is too long", command, word);
    return ST_OK;
}

static status require_given(const char *command, config *c, const config_field *fields)
{
    char text[CONFIG_TEXT_SIZE], spelled[64];
    for (; fields->name != NULL; fields++) {
        if (fields->initial != NULL) continue;
        TRY(config_selected(c, fields->name, "", text));
        CHECK(text[0] != '\0', ST_USAGE, "%s: --%s must be given (%s)", command,
              spell(fields->name, spelled), fields->help);
    }
    return ST_OK;
}

status options_read(const char *command, int *argc, char **argv, const config_field *fields,
                    void *into)
{
    static char texts[OPTIONS_MAX][CONFIG_TEXT_SIZE];
    char *overrides[OPTIONS_MAX];
    int count = 0, words = 0;
    bool plain = false; // after "--"
    for (int i = 0; i < *argc; i++) {
        if (!plain && strcmp(argv[i], "--") == 0) {
            plain = true;
        } else if (plain || strncmp(argv[i], "--", 2) != 0) {
            argv[words++] = argv[i];
        } else {
            CHECK(count < OPTIONS_MAX, ST_USAGE, "%s: too many options", command);
            TRY(take_option(command, *argc, argv, &i, fields, texts[count]));
            overrides[count] = texts[count];
            count++;
        }
    }
    *argc = words;
    config *c;
    status s = config_parse(&c, "{}", "command line", count, overrides);
    if (s == ST_OK) {
        s = require_given(command, c, fields);
        if (s == ST_OK) s = config_read(c, "", (const config_part[]){{fields, into}, {0}});
        config_destroy(c);
    }
    return s == ST_CONFIG ? ST_USAGE : s; // there is no job file to blame
}

status options_check_overrides(const char *command, int count, char *const *words)
{
    for (int i = 0; i < count; i++)
        CHECK(
            strchr(words[i], '=') != NULL, ST_USAGE,
            "%s: '%s' is not an override; write key=value, as in batch=128, and a pattern of files "
            "in quotes",
            command, words[i]);
    return ST_OK;
}
