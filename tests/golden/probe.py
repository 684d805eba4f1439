#!/usr/bin/env python3
"""Golden numbers for the linear probe, from scikit-learn's LogisticRegression in float64.

    python3 tests/golden/probe.py        (from the project's root; made with scikit-learn 1.9.1)

writes tests/golden/probe.h, which tests/trainer/test_probe_mpi.c compares with Basin's. The data set
is made by a formula on both sides, so that only results are stored.
"""
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

TRAIN, TEST, DIM, CLASSES = 700, 300, 6, 4
PENALTIES = [1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5]


def samples(first, count):
    """Rows and labels, the same as test_probe_mpi.c's."""
    i = np.arange(first, first + count)
    labels = i % CLASSES
    rows = []
    for d in range(DIM):
        x = np.sin(12.9898 * i + 78.233 * d) * 43758.5453
        noise = x - np.floor(x) - 0.5
        rows.append((d + 1) * (3 * noise + np.cos(2.0 * labels * (d + 1))) + d)
    return np.stack(rows, 1).astype(np.float32).astype(np.float64), labels


def fit(x, y, penalty):
    """Minimises mean cross-entropy + penalty / 2 * sum of squared weights."""
    model = LogisticRegression(C=1 / (penalty * len(y)), tol=1e-10, max_iter=10000)
    model.fit(x, y)
    chances = model.predict_proba(x)[np.arange(len(y)), y]
    return model, -np.log(chances).mean() + penalty / 2 * (model.coef_ ** 2).sum()


warnings.filterwarnings("error")
train, labels = samples(0, TRAIN)
test, test_labels = samples(TRAIN, TEST)
mean, deviation = train.mean(0), train.std(0)
train, test = (train - mean) / deviation, (test - mean) / deviation
held_out = np.arange(TRAIN) * 2654435761 % 2**32 < (2**32 - 1) // 10
best = (-1, 0)
for penalty in PENALTIES:
    model, _ = fit(train[~held_out], labels[~held_out], penalty)
    share = model.score(train[held_out], labels[held_out])
    print(penalty, share)
    if share > best[0]:
        best = (share, penalty)
model, loss = fit(train, labels, best[1])
with open("tests/golden/probe.h", "w", encoding="ascii") as out:
    out.write("// tests/golden/probe.h -- the linear probe of the data set of test_probe_mpi.c.\n")
    out.write(f"// Made by tests/golden/probe.py with scikit-learn {sklearn.__version__}; do not edit.\n")
    out.write("// clang-format off\n")
    out.write(f"static const double golden_probe_penalty = {best[1]:.9g};\n")
    out.write(f"static const double golden_probe_held_out = {best[0]:.9g};\n")
    out.write(f"static const double golden_probe_loss = {loss:.9g};\n")
    out.write(f"static const double golden_probe_top1 = {model.score(test, test_labels):.9g};\n")
