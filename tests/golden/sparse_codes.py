#!/usr/bin/env python3
"""Golden numbers for the solvers of sparse codes: least energies by scikit-learn and sporco.

    python3 tests/golden/sparse_codes.py    (from the project's root; made with scikit-learn 1.9.1,
                                             sporco 0.2.2.post1, numpy 2.4.6)

writes tests/golden/sparse_codes.h, which tests/models/test_sparse_golden.c compares with Basin's. Images
and atoms are made by a formula on both sides.
"""
import numpy as np
import sklearn
import sporco
from sklearn.linear_model import Lasso
from sporco.pgm import cbpdn

# K, C, k, H, W, lambda / lambda_max, z >= 0
PATCHES = [(48, 1, 8, 8, 8, 0.3, 0), (48, 1, 8, 8, 8, 0.1, 0), (48, 1, 8, 8, 8, 0.03, 0),
           (48, 1, 8, 8, 8, 0.1, 1), (30, 3, 4, 4, 4, 0.1, 0)]
CONVOLUTIONS = [(8, 3, 5, 16, 16, 0.1, 0), (12, 1, 4, 14, 17, 0.2, 0)]


def hashed(first, count):
    """Uniform in -1/2 .. 1/2, the same as test_sparse_golden.c's."""
    i = np.arange(first, first + count, dtype=np.float64)
    x = np.sin(12.9898 * i) * 43758.5453
    return x - np.floor(x) - 0.5


def problem(atoms, channels, kernel, height, width):
    """Atoms (K, C, k, k) of norm 1 and an image (H, W, C)."""
    d = hashed(0, atoms * channels * kernel * kernel).reshape(atoms, channels, kernel, kernel)
    d /= np.sqrt((d**2).sum((1, 2, 3), keepdims=True))
    return d, hashed(100000, height * width * channels).reshape(height, width, channels)


def correlate(d, y):
    """D' y, (H - k + 1, W - k + 1, K)."""
    k = d.shape[2]
    rows, columns = y.shape[0] - k + 1, y.shape[1] - k + 1
    return sum(y[u:u + rows, v:v + columns] @ d[:, :, u, v].T for u in range(k) for v in range(k))


def energy(d, y, z, penalty):
    k = d.shape[2]
    left = y.copy()
    for u in range(k):
        for v in range(k):
            left[u:u + z.shape[0], v:v + z.shape[1]] -= z @ d[:, :, u, v]
    return (left**2).sum() / 2 + penalty * np.abs(z).sum()


def by_scikit_learn(d, y, penalty, positive):
    columns = d.transpose(2, 3, 1, 0).reshape(-1, len(d))
    model = Lasso(alpha=penalty / y.size, fit_intercept=False, positive=bool(positive), tol=1e-9,
                  max_iter=100000)
    model.fit(columns, y.reshape(-1))
    return energy(d, y, model.coef_.reshape(1, 1, -1), penalty)


def by_sporco(d, y, penalty):
    """sporco's borders wrap round: a great weight on the last k - 1 rows and columns forbids it."""
    rows, columns = y.shape[0] - d.shape[2] + 1, y.shape[1] - d.shape[2] + 1
    weight = np.full(y.shape[:2] + (1, 1, 1), 1e4)
    weight[:rows, :columns] = 1
    spectrum = np.fft.fft2(d, s=y.shape[:2]).transpose(2, 3, 1, 0)
    bound = np.linalg.norm(spectrum, 2, (2, 3)).max()**2 * 1.001
    options = cbpdn.ConvBPDN.Options({"Verbose": False, "MaxMainIter": 1000, "RelStopTol": 0.0,
                                      "L": bound, "L1Weight": weight, "Backtrack": None})
    dictionary = d.transpose(2, 3, 1, 0)
    if d.shape[1] == 1:
        dictionary, y = dictionary[:, :, 0], y[:, :, 0]
    solver = cbpdn.ConvBPDN(dictionary, y, penalty, options, dimK=0)
    z = solver.solve().squeeze()[:rows, :columns]
    return energy(d, y.reshape(y.shape[0], y.shape[1], -1), z, penalty)


lines = []
for case in PATCHES + CONVOLUTIONS:
    d, y = problem(*case[:5])
    c = correlate(d, y)
    penalty = case[5] * (c.max() if case[6] else np.abs(c).max())
    if case in PATCHES:
        least = by_scikit_learn(d, y, penalty, case[6])
    else:
        least = by_sporco(d, y, penalty)
    lines.append("    {{%d, %d, %d, %d, %d}, %s, %.12g, %.12g, %g},"
                 % (*case[:5], "true" if case[6] else "false", penalty, least,
                    1e-4 if case in PATCHES else 1e-3))

with open("tests/golden/sparse_codes.h", "w") as out:
    out.write("// Made by tests/golden/sparse_codes.py with scikit-learn %s and sporco %s; do not edit.\n"
              "// Geometry, z >= 0, lambda, least energy by scikit-learn (one position) or sporco, and\n"
              "// the relative difference allowed.\n"
              % (sklearn.__version__, sporco.__version__))
    out.write("\n".join(lines) + "\n")
