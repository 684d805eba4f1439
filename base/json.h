// base/json.h -- one JSON object, written piece by piece into a fixed text.
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

typedef struct json_line {
    char text[8192];
    size_t used;
} json_line;

void json_begin(json_line *j);                                    // {
void json_int(json_line *j, const char *key, int64_t value);      // "key":1
void json_real(json_line *j, const char *key, double value);      // not finite: null
void json_text(json_line *j, const char *key, const char *value); // escaped
void json_open(json_line *j, const char *key);                    // "key":{
void json_close(json_line *j);                                    // }
// Closes the object and returns its text, valid until the next json_begin.
const char *json_end(json_line *j);

#endif
