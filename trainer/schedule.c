// trainer/schedule.c -- warm-up and cosine.
#include "trainer/schedule.h"

#include <math.h>
#include <string.h>

const config_field schedule_fields[] = {{"name", FIELD_TEXT, offsetof(schedule, name), "cosine", 0,
                                         0, "cosine|constant", "how the learning rate falls"},
                                        {"per", FIELD_TEXT, offsetof(schedule, per), "step", 0, 0,
                                         "step|epoch", "how often it changes"},
                                        {"epochs", FIELD_INT, offsetof(schedule, epochs), "200", 1,
                                         1e9, NULL, "length of the schedule"},
                                        {"warmup", FIELD_REAL, offsetof(schedule, warmup), "0", 0,
                                         1e9, NULL, "epochs of linear rise at the start"},
                                        {0}};

uint64_t schedule_steps(const schedule *s, uint64_t steps_per_epoch)
{
    return (uint64_t)s->epochs * steps_per_epoch;
}

double schedule_factor(const schedule *s, uint64_t step, uint64_t steps_per_epoch)
{
    double total = (double)schedule_steps(s, steps_per_epoch);
    double warm = s->warmup * (double)steps_per_epoch;
    double now = (double)step;
    if (now < warm) return (now + 1) / (warm + 1);
    if (strcmp(s->name, "constant") == 0) return 1;
    if (strcmp(s->per, "epoch") == 0) {
        uint64_t epoch = step / steps_per_epoch;
        now = (double)(epoch * steps_per_epoch);
    }
    double passed = total > warm ? (now - warm) / (total - warm) : 1;
    passed = passed < 0 ? 0 : passed > 1 ? 1 : passed;
    return 0.5 * (1 + cos(3.14159265358979323846 * passed));
}
