// tests/fuzz/shard_forms.h -- the files that fuzz_forged_shard begins with, one of each kind that
// is read.
#ifndef TESTS_FUZZ_SHARD_FORMS_H
#define TESTS_FUZZ_SHARD_FORMS_H

#include "io/shards/dataset.h"
#include "tests/io/forged_file.h"

#define SHARD_FORMS     6
#define FORM_COLUMNS    4
#define FORM_ATTRIBUTES 12
#define FORM_TYPES      15 // the last two are texts and names
#define FORM_OWN        8

typedef struct shard_form {
    forged_column columns[FORM_COLUMNS];
    size_t column_count;
    forged_attribute attributes[FORM_ATTRIBUTES];
    size_t attribute_count;
    unsigned char contents[FORM_COLUMNS][4096], values[FORM_ATTRIBUTES][1024];
    hid_t types[FORM_TYPES]; // to choose from
    hid_t own[FORM_OWN];     // those that are closed at the end
    size_t own_count;
    dataset_source source; // that reads it
} shard_form;

// Number `kind` of SHARD_FORMS. Ended by shard_form_end.
void shard_form_begin(shard_form *f, size_t kind);

// What has no name goes, and checksums become those of the contents, where there are any.
void shard_form_seal(shard_form *f);

void shard_form_end(shard_form *f);

#endif
