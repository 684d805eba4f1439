// io/shards/data_guess.h -- which data sets of somebody's HDF5 file are the images and the labels,
// if nobody says.
#ifndef IO_SHARDS_DATA_GUESS_H
#define IO_SHARDS_DATA_GUESS_H

#include "base/status.h"

#define DATA_GUESS_SIZE 256

typedef struct data_guess {
    // Paths inside the file; "" = none was found.
    char images[DATA_GUESS_SIZE]; // /images, or the largest array of numbers with two to four sizes
    char labels[DATA_GUESS_SIZE]; // /labels, or a column of as many entries whose name says so
} data_guess;

// Looks at shapes, types and names. Errors: ST_NO_INPUT, ST_BAD_DATA not HDF5 or damaged, ST_IO.
status data_guess_find(data_guess *guess, const char *path);

#endif
