// base/config.h -- a job file (YAML) becomes C structs by field tables.
//
//   config_load ──> config_selected("method.name")      which plug-in is meant
//               ──> config_read("method", parts) ...     checked values in structs
//               ──> config_finish                        no key left over
//
// One table gives the parser, defaults, ranges, choices, the help text and the resolved job that is
// kept beside the results. Any key can be overridden by `path=value`. Every error is ST_CONFIG and
// one sentence with file, line and column (or the override's text), what was expected and what
// came; an unknown key also names the nearest known one.
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_TEXT_SIZE 256

typedef enum field_type {
    FIELD_INT,   // int64_t
    FIELD_REAL,  // double
    FIELD_BOOL,  // bool
    FIELD_TEXT,  // char[CONFIG_TEXT_SIZE]
    FIELD_CHOICE // int: which of the choices, from 0; an enum in their order
} field_type;

typedef struct config_field {
    const char *name; // key inside its section; dots go deeper ("knn.k")
    field_type type;  // of the struct's member
    size_t offset;    // of the struct's member
    const char
        *initial;     // default as it would stand in a job; NULL: the key must be given, and not ""
    double low, high; // inclusive range of numbers; both 0: any
    const char *choices; // "a|b|c" for choices and texts; NULL: any text
    const char *help;    // one line, with the unit
} config_field;          // a table ends with name == NULL

typedef struct config_part {
    const config_field *fields;
    void *into; // struct the offsets refer to
} config_part;  // a list ends with fields == NULL

typedef struct config config;

// Reads `path` and applies `overrides` ("batch=128", "data.train=shards/*.h5"), later ones win;
// what comes after the '=' is taken as it stands, without YAML's quotes. *c is NULL on failure.
// Errors: ST_NO_INPUT no such file, ST_IO it cannot be read, ST_CONFIG not YAML (or more of YAML
// than nested mappings of scalars), repeated key, malformed override.
status config_load(config **c, const char *path, int override_count, char *const *overrides);

// The same from text; `origin` stands for the file's name in messages.
status config_parse(config **c, const char *text, const char *origin, int override_count,
                    char *const *overrides);

// The text at `path` ("method.name"), or `initial` when the key is absent; marks nothing as read.
status config_selected(config *c, const char *path, const char *initial,
                       char text[CONFIG_TEXT_SIZE]);

// Where the value at `path` stands ("job.yaml:3:9", "override 'batch=12x'"), to begin a message of
// the caller's own checks; the job's name when the key is absent. A view, until config_destroy.
const char *config_place(const config *c, const char *path);

// Fills every part from section `section` ("" = top level: scalar keys that are no section) and
// checks types, ranges, choices, missing and unknown keys over all parts together.
status config_read(config *c, const char *section, const config_part *parts);

// The same for a section whose fields depend on the plug-in named at `key`: where an override names
// another plug-in than the file does, keys of the file that this one has not got are left out, and
// the log says which.
status config_read_chosen(config *c, const char *section, const char *key,
                          const config_part *parts);

// Fails if the job has a section (or, at top level, a key) that nobody read.
status config_finish(config *c);

// The complete job as YAML: every field of every section read, defaults included, in the order
// read. Reading it again gives the same structs (reals are printed so that they read back equal).
void config_write(const config *c, FILE *out);

// Help for one section: name, type, default, range or choices, help. Used by `train --help`.
void config_help(FILE *out, const char *section, const config_field *fields);

void config_destroy(config *c);

// The entry of `names` nearest to `word` by edit distance, or NULL when none is near. NULL-ended.
const char *config_nearest(const char *word, const char *const *names);

#endif
