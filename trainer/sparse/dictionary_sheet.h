// trainer/sparse/dictionary_sheet.h -- pictures of filters, the most used first.
#ifndef TRAINER_SPARSE_DICTIONARY_SHEET_H
#define TRAINER_SPARSE_DICTIONARY_SHEET_H

#include "models/graph/graph.h"

// Draws a parameter (K, C, k, k) of the flat array `params` as a PNG of K tiles, in the order of
// falling activity (K). Three channels are RGB; of other counts each atom's first channel is shown.
// Errors: ST_IO; ST_INTERNAL no memory.
status dictionary_sheet_write(const char *path, const graph_param *p, const float *params,
                              const float *activity);

#endif
