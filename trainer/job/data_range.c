// trainer/job/data_range.c -- see data_range.h.
#include "trainer/job/data_range.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// A finite number that ends at `end`.
static bool read_number(const char *text, char end, double *value, const char **rest)
{
    char *stop;
    *value = strtod(text, &stop);
    *rest = stop + 1;
    return stop != text && *stop == end && isfinite(*value);
}

status data_range_parse(data_range *range, const char *text, const char *place)
{
    static const char percentile[] = "percentile:";
    const char *rest;
    bool good = true;
    *range = (data_range){.kind = RANGE_AUTO, .high = 1, .percentile = 0.001};
    if (strcmp(text, "data") == 0) {
        range->kind = RANGE_DATA;
    } else if (strcmp(text, "percentile") == 0) {
        range->kind = RANGE_PERCENTILE;
    } else if (strncmp(text, percentile, strlen(percentile)) == 0) {
        range->kind = RANGE_PERCENTILE;
        good = read_number(text + strlen(percentile), '\0', &range->percentile, &rest) &&
               range->percentile >= 0 && range->percentile < 50;
        range->percentile /= 100;
    } else if (strcmp(text, "auto") != 0) {
        range->kind = RANGE_GIVEN;
        good = read_number(text, ',', &range->low, &rest) &&
               read_number(rest, '\0', &range->high, &rest) && range->low < range->high;
    }
    CHECK(good, ST_CONFIG,
          "%s: range: expected auto, LOW,HIGH with LOW below HIGH, data, percentile or "
          "percentile:P with P below 50, got \"%s\"",
          place, text);
    return ST_OK;
}
