// trainer/job/data_section.c -- the section `data` of a job: its keys, and the data sets that it
// means.
#include "trainer/job/data_section.h"

#include "trainer/job/data_range.h"

#include <limits.h>
#include <string.h>

const config_field job_data_fields[] = {
    {"train", FIELD_TEXT, offsetof(job_data, train), NULL, 0, 0, NULL,
     "HDF5 files to learn from: paths, globs and folders, separated by commas, or @FILE with one a "
     "line"},
    {"test", FIELD_TEXT, offsetof(job_data, test), "", 0, 0, NULL,
     "HDF5 files to evaluate on, likewise; empty = no evaluation"},
    {"images", FIELD_TEXT, offsetof(job_data, images), "/images", 0, 0, NULL,
     "path of the images inside each file"},
    {"labels", FIELD_TEXT, offsetof(job_data, labels), "/labels", 0, 0, NULL,
     "path of the labels inside each file, used by evaluations only: integers, whole numbers or "
     "texts; empty = none; FILES:/path where they stand in files of their own, one for all images "
     "or one for each file of them"},
    {"test_labels", FIELD_TEXT, offsetof(job_data, test_labels), "", 0, 0, NULL,
     "the same of test data; empty = as labels"},
    {"test_every", FIELD_INT, offsetof(job_data, test_every), "0", 0, 1e9, NULL,
     "hold every so-manieth image of train out, and evaluate on these; 0 = none"},
    {"classes", FIELD_TEXT, offsetof(job_data, classes), "by_name", 0, 0, "by_name|by_number",
     "whether equal labels of two files mean equal classes: by the names that the files give, if "
     "they do, or by the numbers alone"},
    {"axes", FIELD_TEXT, offsetof(job_data, axes), "auto", 0, 0, NULL,
     "order of the axes: the letters NHWC in any order, without C for one channel, without N where "
     "each file is one image; auto = NHWC, NHW or HW, if that makes plausible images"},
    {"range", FIELD_TEXT, offsetof(job_data, range), "auto", 0, 0, NULL,
     "stored values of pixels that count as 0 and 1: auto = the range of integers of 8 or 16 bits, "
     "least and largest of train of longer ones, 0 and 1 of floats; LOW,HIGH; data = least and "
     "largest of train; percentile = all but 0.1 % at either "
     "end, percentile:2 all but 2 %"},
    {"nan", FIELD_CHOICE, offsetof(job_data, nan), "refuse", 0, 0, NAN_RULES,
     "pixels that are NaN: an error, 0, or the mean of their channel in train"},
    {"changed", FIELD_TEXT, offsetof(job_data, changed), "refuse", 0, 0, "refuse|accept",
     "a run that goes on with other training data than before: accept it, or refuse"},
    {"augment", FIELD_TEXT, offsetof(job_data, augment), "moco_v2", 0, 0, NULL,
     "recipe of random views"},
    {"size", FIELD_INT, offsetof(job_data, size), "0", 0, 4096, NULL,
     "height and width of a view, pixels; 0 = as stored"},
    {"patches", FIELD_INT, offsetof(job_data, patches), "0", 0, 1048576, NULL,
     "samples of each stored image in an epoch of training, each with draws of its own; 0 = one"},
    {"from", FIELD_TEXT, offsetof(job_data, from), "", 0, 0, NULL,
     "folder that relative paths of this section start from, as the job.yaml of a run says; empty "
     "= "
     "the working directory, or the job file's own folder if train is found there only"},
    {0}};

status job_data_check(const job *j, const config *c)
{
    const job_data *d = &j->data;
    char files[PATH_MAX];
    data_range range;
    TRY(data_range_parse(&range, d->range, config_place(c, "data.range")));
    CHECK(d->test_every != 1, ST_CONFIG,
          "%s: test_every: 1 would hold all images out; 10 holds out every tenth",
          config_place(c, "data.test_every"));
    CHECK(d->test_every == 0 || d->test[0] == '\0', ST_CONFIG,
          "%s: test_every holds images of data.train out to test on, but data.test names \"%s\"; "
          "give one of them: data.test= or data.test_every=0",
          config_place(c, "data.test_every"), d->test);
    bool elsewhere = dataset_labels_inside(d->labels, files) != d->labels;
    CHECK(!elsewhere || d->test[0] == '\0' || d->test_labels[0] != '\0', ST_CONFIG,
          "%s: labels of data.train stand in \"%s\"; say where those of data.test are, with "
          "data.test_labels",
          config_place(c, "data.labels"), files);
    return ST_OK;
}

bool job_has_test(const job *j)
{
    return j->data.test[0] != '\0' || j->data.test_every > 0;
}

const char *job_test_name(const job *j)
{
    return j->data.test[0] != '\0' ? j->data.test : "data.test_every";
}

// "FILES:/path" reads files.
static const char *label_files(const char *labels, char files[PATH_MAX])
{
    return dataset_labels_inside(labels, files) != labels ? files : NULL;
}

output_rules job_output_rules(const job *j, const char *job_file, bool replace, job_inputs *inputs)
{
    const job_data *d = &j->data;
    inputs->names[0] = job_file;
    inputs->names[1] = d->train;
    inputs->names[2] = d->test;
    inputs->names[3] = label_files(d->labels, inputs->labels[0]);
    inputs->names[4] = label_files(d->test_labels, inputs->labels[1]);
    return (output_rules){replace, inputs->names, sizeof inputs->names / sizeof *inputs->names,
                          j->data_from[0] != '\0' ? j->data_from : NULL};
}

dataset_source job_source(const job *j, const char *files)
{
    const job_data *d = &j->data;
    char elsewhere[PATH_MAX];
    bool train = files == d->train, test = files == d->test;
    dataset_source source = {.files = files,
                             .from = train || test ? j->data_from : NULL,
                             .images = d->images,
                             .labels = d->labels,
                             .by_number = strcmp(d->classes, "by_number") == 0,
                             .axes = d->axes,
                             .nan = (nan_rule)d->nan,
                             .each = (uint64_t)d->patches};
    if (test && d->test_labels[0] != '\0') source.labels = d->test_labels;
    if (!train && !test && dataset_labels_inside(d->labels, elsewhere) != d->labels)
        source.labels = ""; // those stand beside other images
    if ((train || test) && d->test_every > 0) {
        source.files = d->train;
        source.part = (dataset_part){(uint64_t)d->test_every, test};
    }
    return source;
}
