// base/median.h -- the middle one of some numbers.
#ifndef BASE_MEDIAN_H
#define BASE_MEDIAN_H

// Of `count` >= 1 values, none of them NaN, which are sorted here; of an even number the lower one.
double median(double *values, int count);

#endif
