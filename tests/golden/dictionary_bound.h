// tests/golden/dictionary_bound.h -- the largest eigenvalue of D'D on a periodic image.
// Made by tests/golden/dictionary_bound.py with numpy 2.4.6; do not edit.
// clang-format off
static const struct { int atoms, channels, kernel, height, width; double value; } golden_bounds[] = {
    {6, 1, 3, 8, 7, 39.4037625},
    {6, 3, 3, 8, 7, 91.7622416},
    {2, 5, 4, 6, 9, 140.770913},
    {10, 2, 4, 4, 4, 23.2729656},
};
