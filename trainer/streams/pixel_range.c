// trainer/streams/pixel_range.c -- see pixel_range.h.
#include "trainer/streams/pixel_range.h"

#include "base/log.h"
#include "io/shards/dataset_values.h"
#include "io/views/augment.h"
#include "trainer/job/data_range.h"

#define MOST_CLIPPED 0.01  // share of pixels
#define LITTLE_USED  0.05f // share of the type's range: then there is a hint

// What a job wants; integers of 32 and 64 bits fill no range of their type, so `auto` takes theirs.
static status read_wish(const job *j, const dataset_info *info, data_range *wanted)
{
    const number_type *stored = number_type_of(info->kind);
    TRY(data_range_parse(wanted, j->data.range, "data.range"));
    if (wanted->kind != RANGE_AUTO) return ST_OK;
    wanted->low = (double)stored->low;
    wanted->high = (double)stored->high;
    if (stored->low == stored->high) wanted->kind = RANGE_DATA;
    return ST_OK;
}

// What is decided from.
typedef struct choice {
    const job *job;
    const dataset_info *info;
    data_range wanted;
    dataset_values values;
    double full;
    bool clips; // the recipe does
} choice;

static status check_clipping(const choice *c, float low, float high)
{
    double outside = dataset_values_outside(&c->values, low, high);
    double least = (double)c->values.least * c->full, largest = (double)c->values.largest * c->full;
    CHECK(outside <= MOST_CLIPPED, ST_CONFIG,
          "data.range: recipe '%s' cuts pixels off outside %g .. %g, which %.1f %% of those of %s "
          "are: they go from %g to %g; say data.range=%g,%g, or data.range=percentile where a few "
          "are far off, or take data.augment=intensity or crop_flip, which cut nothing off",
          c->job->data.augment, (double)low * c->full, (double)high * c->full, 100 * outside,
          c->job->data.train, least, largest, least, largest);
    return ST_OK;
}

// What `auto` then takes.
static bool has_integer_range(const dataset_info *info)
{
    return info->type == PIXEL_U16 || info->kind == NUMBER_I8 || info->kind == NUMBER_I16;
}

static void tell(const choice *c, float low, float high)
{
    if (c->wanted.kind != RANGE_AUTO)
        log_info("data.range: pixels of %g .. %g count as 0 .. 1", (double)low * c->full,
                 (double)high * c->full);
    else if (has_integer_range(c->info) && c->clips &&
             c->values.largest - c->values.least < LITTLE_USED * (high - low))
        log_info("data.range: pixels go from %g to %g, which is little of the %g .. %g of their "
                 "type: views have little contrast; data.range=data or LOW,HIGH would give more",
                 (double)c->values.least * c->full, (double)c->values.largest * c->full,
                 (double)low * c->full, (double)high * c->full);
}

static status choose(const choice *c, float *low, float *high)
{
    const data_range *r = &c->wanted;
    *low = (float)r->low, *high = (float)r->high;
    if (r->kind == RANGE_GIVEN) {
        *low = (float)(r->low / c->full);
        *high = (float)(r->high / c->full);
    } else if (r->kind == RANGE_DATA) {
        *low = c->values.least;
        *high = c->values.largest;
    } else if (r->kind == RANGE_PERCENTILE) {
        *low = dataset_values_quantile(&c->values, r->percentile);
        *high = dataset_values_quantile(&c->values, 1 - r->percentile);
    }
    CHECK(*low < *high, ST_BAD_DATA,
          "data.range=%s: all pixels of %s are %g: they have no range; give one, LOW,HIGH",
          c->job->data.range, c->job->data.train, (double)*low * c->full);
    return c->clips ? check_clipping(c, *low, *high) : ST_OK;
}

status pixel_range_choose(const job *j, dataset *data, float *low, float *high)
{
    choice c = {.job = j, .info = dataset_get_info(data)};
    c.full = image_info_unit(c.info);
    TRY(read_wish(j, c.info, &c.wanted));
    bool whole = c.wanted.kind == RANGE_AUTO && c.info->type == PIXEL_U8; // nothing lies outside
    c.clips = !whole && augment_clips(j->data.augment);
    *low = 0, *high = 1;
    if (whole) return ST_OK;
    bool measured = c.clips || c.wanted.kind == RANGE_DATA || c.wanted.kind == RANGE_PERCENTILE;
    status s = measured ? dataset_values_measure(data, &c.values) : ST_OK;
    if (s == ST_OK) s = choose(&c, low, high);
    if (s == ST_OK) tell(&c, *low, *high);
    dataset_values_free(&c.values);
    return s;
}
