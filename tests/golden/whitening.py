#!/usr/bin/env python3
"""Golden numbers for ZCA whitening, from numpy's eigenvectors.

    python3 tests/golden/whitening.py        (from the project's root; made with numpy alone)

writes tests/golden/whitening.h, which tests/trainer/test_whitening.c compares with Basin's.
"""
import numpy as np

DIM, EPSILON = 7, 0.01


def covariance():
    """The same as test_whitening.c's: neighbours are alike, and the last number never varies."""
    i, k = np.mgrid[:DIM, :DIM]
    c = (1 + 0.1 * i) * (1 + 0.1 * k) * 0.8 ** np.abs(i - k)
    c[-1, :] = c[:, -1] = 0
    return c


def main():
    values, vectors = np.linalg.eigh(covariance())
    matrix = vectors @ np.diag(1 / np.sqrt(values + EPSILON)) @ vectors.T
    with open("tests/golden/whitening.h", "w") as out:
        out.write("// tests/golden/whitening.h -- the ZCA matrix of a formula's covariance.\n"
                  f"// Made by tests/golden/whitening.py with numpy {np.__version__}; do not edit.\n"
                  "// clang-format off\n"
                  f"#define GOLDEN_DIM {DIM}\n"
                  f"static const float golden_whitening[{DIM * DIM}] = {{\n")
        for i, row in enumerate(matrix):
            end = "};\n" if i == DIM - 1 else ",\n"
            out.write("    " + ", ".join(f"{value:.7e}f" for value in row) + end)


main()
