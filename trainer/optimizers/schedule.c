// trainer/optimizers/schedule.c -- warm-up, cosine and steps.
#include "trainer/optimizers/schedule.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const config_field schedule_fields[] = {{"name", FIELD_TEXT, offsetof(schedule, name), "cosine", 0,
                                         0, "cosine|step|constant", "how the learning rate falls"},
                                        {"per", FIELD_TEXT, offsetof(schedule, per), "step", 0, 0,
                                         "step|epoch", "how often it changes"},
                                        {"epochs", FIELD_INT, offsetof(schedule, epochs), "200", 1,
                                         1e9, NULL, "length of the schedule"},
                                        {"warmup", FIELD_REAL, offsetof(schedule, warmup), "0", 0,
                                         1e9, NULL, "epochs of linear rise at the start"},
                                        {"milestones", FIELD_TEXT, offsetof(schedule, milestones),
                                         "", 0, 0, NULL, "step: epochs at which it falls, 120,160"},
                                        {"factor", FIELD_REAL, offsetof(schedule, factor), "0.1", 0,
                                         1, NULL, "step: on the learning rate at each milestone"},
                                        {"first_epoch", FIELD_INT, offsetof(schedule, first_epoch),
                                         "0", 0, 1, NULL,
                                         "number of the first epoch, for step and per: epoch"},
                                        {0}};

double cosine_between(double from, double to, double passed)
{
    return to + (from - to) * (0.5 * (1 + cos(3.14159265358979323846 * passed)));
}

uint64_t schedule_steps(const schedule *s, uint64_t steps_per_epoch)
{
    return (uint64_t)s->epochs * steps_per_epoch;
}

// The next milestone of a list "120,160" and what is left behind it; false at its end or where it
// is no number.
static bool next_milestone(const char **list, long *epoch)
{
    char *end;
    *epoch = strtol(*list, &end, 10);
    if (end == *list || (*end != ',' && *end != '\0')) return false;
    *list = *end == ',' ? end + 1 : end;
    return true;
}

status schedule_check(const schedule *s, const char *place)
{
    bool steps = strcmp(s->name, "step") == 0;
    const char *rest = s->milestones;
    long epoch = 0, before = 0;
    bool rising = true;
    while (next_milestone(&rest, &epoch)) {
        rising = rising && epoch > before;
        before = epoch;
    }
    CHECK(*rest == '\0' && rising, ST_CONFIG,
          "%s: schedule.milestones: expected rising epochs with commas between, such as 120,160, "
          "got '%s'",
          place, s->milestones);
    CHECK(steps == (s->milestones[0] != '\0'), ST_CONFIG,
          "%s: schedule.milestones belong to name: step, and it needs them; got '%s' with name: %s",
          place, s->milestones, s->name);
    CHECK(s->first_epoch == 0 || steps || strcmp(s->per, "epoch") == 0, ST_CONFIG,
          "%s: schedule.first_epoch: only name: step and per: epoch count epochs", place);
    return ST_OK;
}

static double milestone_factor(const schedule *s, uint64_t epoch)
{
    double factor = 1;
    const char *rest = s->milestones;
    long milestone;
    while (next_milestone(&rest, &milestone) && epoch >= (uint64_t)milestone)
        factor *= s->factor;
    return factor;
}

double schedule_factor(const schedule *s, uint64_t step, uint64_t steps_per_epoch)
{
    double total = (double)schedule_steps(s, steps_per_epoch);
    double warm = s->warmup * (double)steps_per_epoch;
    double now = (double)step;
    if (now < warm) return (now + 1) / (warm + 1);
    if (strcmp(s->name, "constant") == 0) return 1;
    uint64_t epoch = step / steps_per_epoch + (uint64_t)s->first_epoch;
    if (strcmp(s->name, "step") == 0) return milestone_factor(s, epoch);
    if (strcmp(s->per, "epoch") == 0) now = (double)(epoch * steps_per_epoch);
    double passed = total > warm ? (now - warm) / (total - warm) : 1;
    passed = passed < 0 ? 0 : passed > 1 ? 1 : passed;
    return cosine_between(1, 0, passed);
}
