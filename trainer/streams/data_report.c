// trainer/streams/data_report.c -- what a data set was taken for, in words.
#include "trainer/streams/data_report.h"

#include "base/log.h"

#include <stdio.h>

#define MOST_UNPACKED 4.0 // images for one, before it is worth a warning

static const char *pixels_of(const dataset_info *info)
{
    return info->axes[0] == '\0' ? "JPEG, PNG or TIFF" : pixel_type_name(info->type, info->kind);
}

void data_report_write(const dataset_info *info, char *text, size_t size)
{
    char axes[32] = "", labels[64] = "no labels";
    if (info->axes[0] != '\0') snprintf(axes, sizeof axes, " (axes %s)", info->axes);
    if (info->labelled)
        snprintf(labels, sizeof labels, "%d class%s", info->classes,
                 info->classes == 1 ? "" : "es");
    snprintf(text, size, "%llu image%s of %s%d x %d pixels, %d channel%s, %s%s%s, %s",
             (unsigned long long)info->count, info->count == 1 ? "" : "s",
             info->varied ? "up to " : "", info->height, info->width, info->channels,
             info->channels == 1 ? "" : "s", pixels_of(info),
             info->kind == NUMBER_PIXEL ? "" : " read as float32", axes, labels);
}

// Whose mean and deviation they are, where a user's own file has such attributes.
static void report_moments(const char *key, const dataset_info *info)
{
    if (info->given_moments != NULL)
        log_info(
            "%s: mean and deviation are what the attributes mean and std of %s say, in units of %s",
            key, info->given_moments,
            info->type == PIXEL_F32 ? "its pixels" : "0 to 1, the range of its pixels' type");
    if (info->odd_moments != NULL)
        log_warn(
            "%s: the attributes mean and std of %s cannot be those of its pixels (std above 0; "
            "of integers, whose range counts as 0 to 1, mean at most 1 and std at most 0.5): "
            "they are measured instead",
            key, info->odd_moments);
}

void data_report(const char *key, const dataset_info *info)
{
    char text[256];
    data_report_write(info, text, sizeof text);
    log_info("%s: %s", key, text);
    if (info->unwritten > 0)
        log_warn("%s: %llu of the images have pixels that nobody wrote; they are the fill value of "
                 "their file",
                 key, (unsigned long long)info->unwritten);
    report_moments(key, info);
    if (info->nan_pixels > 0)
        log_warn(
            "%s: %llu pixels in %llu of %llu images looked at are NaN; data.nan puts numbers in "
            "their place",
            key, (unsigned long long)info->nan_pixels, (unsigned long long)info->nan_samples,
            (unsigned long long)info->looked_at);
    if (info->labels_unwritten > 0)
        log_warn("%s: %llu labels were written by nobody; they are the fill value of their file",
                 key, (unsigned long long)info->labels_unwritten);
    if (info->unpacked > MOST_UNPACKED)
        log_warn(
            "%s: images lie in chunks of %llu (%s), so that about %.0f are unpacked for each that "
            "is read in random order; `basin pack FILE.h5 DST` makes shards of the file that are "
            "read one by one",
            key, (unsigned long long)info->chunk_samples,
            info->chunk_filters[0] != '\0' ? info->chunk_filters : "not compressed",
            info->unpacked);
    if (info->likely_axes != NULL)
        log_warn("%s: images of %d x %d pixels with %d channels are hardly meant; is it "
                 "data.axes=%s?",
                 key, info->height, info->width, info->channels, info->likely_axes);
}
