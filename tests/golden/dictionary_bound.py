#!/usr/bin/env python3
"""Golden numbers for dictionary_bound, from numpy's FFT and SVD in float64.

    python3 tests/golden/dictionary_bound.py        (from the project's root; made with numpy 2.4.6)

writes tests/golden/dictionary_bound.h, which tests/models/test_dictionary_bound.c compares with
Basin's. The atoms are made by a formula on both sides.
"""
import numpy as np

# K, C, k, H, W
CASES = [(6, 1, 3, 8, 7), (6, 3, 3, 8, 7), (2, 5, 4, 6, 9), (10, 2, 4, 4, 4)]


def atoms(count, channels, k):
    i = np.arange(count * channels * k * k)
    x = np.sin(12.9898 * i) * 43758.5453
    return (x - np.floor(x) - 0.25).astype(np.float32).reshape(count, channels, k, k)


def largest_eigenvalue(count, channels, k, height, width):
    d = atoms(count, channels, k).astype(np.float64)
    if height == k and width == k:
        return np.linalg.svd(d.reshape(count, -1), compute_uv=False)[0] ** 2
    spectra = np.fft.fft2(d, (height, width)).transpose(2, 3, 0, 1)
    return (np.linalg.svd(spectra, compute_uv=False)[:, :, 0] ** 2).max()


with open("tests/golden/dictionary_bound.h", "w") as out:
    out.write("// tests/golden/dictionary_bound.h -- the largest eigenvalue of D'D on a periodic image.\n")
    out.write(f"// Made by tests/golden/dictionary_bound.py with numpy {np.__version__}; do not edit.\n")
    out.write("// clang-format off\n")
    out.write("static const struct { int atoms, channels, kernel, height, width; double value; } "
              "golden_bounds[] = {\n")
    for case in CASES:
        out.write(f"    {{{', '.join(map(str, case))}, {largest_eigenvalue(*case):.9g}}},\n")
    out.write("};\n")
