// trainer/sparse/dictionary_sheet.h -- pictures of filters, the most used first.
#ifndef TRAINER_SPARSE_DICTIONARY_SHEET_H
#define TRAINER_SPARSE_DICTIONARY_SHEET_H

#include "trainer/sparse/sparse_model.h"

// Draws the dictionary, and the encoder's filters where there are some, as PNG of K tiles each, in
// the order of the atoms' falling activity: PREFIXdecoder.png and PREFIXencoder.png. Three channels
// are RGB; of other counts each atom's first channel is shown.
// Errors: ST_IO; ST_INTERNAL no memory.
status dictionary_sheets_write(const sparse_model *m, const char *prefix);

#endif
