// io/packing/label_pattern.c -- the C library's regular expressions.
#include "io/packing/label_pattern.h"

status label_pattern_compile(label_pattern *p, const char *text)
{
    char reason[128];
    int problem = regcomp(&p->compiled, text, REG_EXTENDED);
    if (problem != 0) {
        regerror(problem, &p->compiled, reason, sizeof reason);
        return failure(ST_USAGE, "--labels \"%s\": not a regular expression: %s", text, reason);
    }
    if (p->compiled.re_nsub > 0) return ST_OK;
    regfree(&p->compiled);
    return failure(ST_USAGE,
                   "--labels \"%s\": has no group; put what names the class into brackets, as in "
                   "'([^/]+)_[0-9]+'",
                   text);
}

bool label_pattern_find(const label_pattern *p, const char *name, size_t *start, size_t *length)
{
    regmatch_t found[2];
    if (regexec(&p->compiled, name, 2, found, 0) != 0 || found[1].rm_so < 0) return false;
    *start = (size_t)found[1].rm_so;
    *length = (size_t)(found[1].rm_eo - found[1].rm_so);
    return *length > 0;
}

void label_pattern_free(label_pattern *p)
{
    regfree(&p->compiled);
}
