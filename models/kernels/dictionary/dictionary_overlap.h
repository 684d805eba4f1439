// models/kernels/dictionary/dictionary_overlap.h -- how much atoms of a convolutional dictionary
// resemble each other, moved over each other.
#ifndef MODELS_KERNELS_DICTIONARY_DICTIONARY_OVERLAP_H
#define MODELS_KERNELS_DICTIONARY_DICTIONARY_OVERLAP_H

// <one, two moved down by dy and right by dx>; atoms (C, k, k).
double dictionary_overlap(const float *one, const float *two, int channels, int k, int dy, int dx);

#define COHERENCE_REACH 8 // pixels that an atom is moved by at most

// Mutual coherence under shift: the mean over all pairs of different atoms (count, C, k, k) of
// length 1 of the largest |overlap|, 0..1. High where atoms are moved copies of each other, which a
// convolution does not need (Kavukcuoglu et al. 2010, NIPS, sec. 2.1). 0 of a single atom.
double dictionary_coherence(const float *atoms, int count, int channels, int k);

#endif
