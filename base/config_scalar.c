// base/config_scalar.c -- what a plain scalar stands for: null, a bool, an integer, a real.
//   source: YAML 1.2.2, section 10.3.2 (core schema), without its hexadecimal, octal, infinite and
//   not-a-number forms; and with 1e6 for an integer when the value is one exactly
#include "base/config_private.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool config_is_nothing(const char *text)
{
    return text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 ||
           strcmp(text, "Null") == 0 || strcmp(text, "NULL") == 0;
}

bool config_is_bool(const char *text, bool *value)
{
    *value = strcmp(text, "true") == 0 || strcmp(text, "True") == 0 || strcmp(text, "TRUE") == 0;
    return *value || strcmp(text, "false") == 0 || strcmp(text, "False") == 0 ||
           strcmp(text, "FALSE") == 0;
}

// value * 10^exponent into *value; false when that is no int64_t.
static bool scale_by_ten(int64_t *value, long exponent)
{
    for (; exponent > 0 && *value != 0; exponent--)
        if (__builtin_mul_overflow(*value, 10, value)) return false;
    for (; exponent < 0 && *value != 0; exponent++) {
        if (*value % 10 != 0) return false;
        *value /= 10;
    }
    return true;
}

bool config_is_integer(const char *text, int64_t *value)
{
    bool negative = *text == '-', any_digit = false, after_point = false;
    long exponent = 0;
    if (*text == '-' || *text == '+') text++;
    // Gathered below zero, where there is one number more than above.
    for (*value = 0; isdigit((unsigned char)*text) || (*text == '.' && !after_point); text++) {
        if (*text == '.') {
            after_point = true;
            continue;
        }
        any_digit = true;
        if (after_point) exponent--;
        if (__builtin_mul_overflow(*value, 10, value)) return false;
        if (__builtin_sub_overflow(*value, *text - '0', value)) return false;
    }
    if (any_digit && (*text == 'e' || *text == 'E')) {
        const char *digits = text + 1 + (text[1] == '-' || text[1] == '+');
        char *end;
        long given = strtol(text + 1, &end, 10);
        if (!isdigit((unsigned char)*digits) || given < -1000000 || given > 1000000) return false;
        exponent += given;
        text = end;
    }
    if (!any_digit || *text != '\0' || !scale_by_ten(value, exponent)) return false;
    return negative || !__builtin_sub_overflow(0, *value, value);
}

bool config_is_real(const char *text, double *value)
{
    char *end;
    if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0') return false;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}
