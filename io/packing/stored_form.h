// io/packing/stored_form.h -- how a shard of plain pixels stores decoded images: their middle as a
// square or all of them, RGB or their own channels, and the numbers' type.
#ifndef IO_PACKING_STORED_FORM_H
#define IO_PACKING_STORED_FORM_H

#include "io/images/image_file.h"
#include "io/packing/image_source.h"

typedef struct stored_form {
    bool square;        // the largest square in the middle, resized; else images are of one size
    image_form decoded; // IMAGE_RGB, or as stored
    int height, width, channels;
    pixel_type type;
} stored_form;

// As the job says; what it leaves open, as the first image that can be read has it.
// Errors: of that image, unless broken ones are left out; ST_BAD_DATA all are broken; ST_INTERNAL.
status stored_form_find(stored_form *form, const pack_job *job, const image_source *source);

// Makes images of a form, one after the other.
typedef struct stored_maker stored_maker;

// The form must outlive it. Errors: ST_INTERNAL no memory.
status stored_maker_create(stored_maker **created, const stored_form *form);

// A decoded image as (height, width, channels) of the form. `name` is for messages. Errors:
// ST_BAD_DATA it has another size or number of channels, numbers that the form's type cannot hold,
// or NaN; ST_INTERNAL.
status stored_maker_make(stored_maker *m, const decoded_image *decoded, const char *name,
                         void *pixels);

void stored_maker_destroy(stored_maker *m); // NULL is fine

#endif
