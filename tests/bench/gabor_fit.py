#!/usr/bin/env python3
"""How many atoms of a dictionary are Gabor functions?

    python3 tests/bench/gabor_fit.py CHECKPOINT [DATASET]    (needs numpy, and h5py for checkpoints)
    python3 tests/bench/gabor_fit.py --self-test

DATASET holds atoms (K, C, k, k), or (K, k k); without it the file's four-dimensional sets are listed.
Channels are averaged. To each atom d(x, y) is fitted, by least squares from several starts,

    g(x, y) = exp(-u^2 / 2 s_u^2 - v^2 / 2 s_v^2) (a cos 2 pi f u + b sin 2 pi f u)
    u =  (x - x0) cos t + (y - y0) sin t,   v = -(x - x0) sin t + (y - y0) cos t

(a, b are amplitude and phase). An atom counts when 1 - |d - g|^2 / |d - mean d|^2 is at least 0.8. A
round blob can be a Gabor function, too: the second number is of those whose g is also oriented, that
is, |sum P e^{2 i angle}| >= 0.3 sum P over the frequencies of g but zero, P its power.
"""
import sys
import time

import numpy as np

EXPLAINED = 0.8
COHERENCE = 0.3
ITERATIONS = 60
X0, Y0, ANGLE, LOG_F, LOG_SU, LOG_SV, A, B = range(8)


def gabor(p, x, y):
    """Values (n, k k) of parameters (n, 8), and their derivatives (n, k k, 8)."""
    c, s = np.cos(p[:, ANGLE, None]), np.sin(p[:, ANGLE, None])
    dx, dy = x - p[:, X0, None], y - p[:, Y0, None]
    u, v = c * dx + s * dy, c * dy - s * dx
    f, su, sv = (np.exp(p[:, i, None]) for i in (LOG_F, LOG_SU, LOG_SV))
    window = np.exp(-0.5 * (u / su) ** 2 - 0.5 * (v / sv) ** 2)
    phase = 2 * np.pi * f * u
    cosine, sine = window * np.cos(phase), window * np.sin(phase)
    value = p[:, A, None] * cosine + p[:, B, None] * sine
    turned = p[:, B, None] * cosine - p[:, A, None] * sine  # d value / d phase
    by_u = -value * u / su ** 2 + turned * 2 * np.pi * f
    by_v = -value * v / sv ** 2
    slopes = np.empty(value.shape + (8,))
    slopes[..., X0] = -c * by_u + s * by_v
    slopes[..., Y0] = -s * by_u - c * by_v
    slopes[..., ANGLE] = by_u * v - by_v * u
    slopes[..., LOG_F] = turned * phase
    slopes[..., LOG_SU] = value * (u / su) ** 2
    slopes[..., LOG_SV] = value * (v / sv) ** 2
    slopes[..., A] = cosine
    slopes[..., B] = sine
    return value, slopes


def inside(p, side):
    """Keeps a fit from hiding in one pixel, between pixels, or far outside."""
    p[:, X0] = np.clip(p[:, X0], -1, side)
    p[:, Y0] = np.clip(p[:, Y0], -1, side)
    p[:, LOG_F] = np.clip(p[:, LOG_F], np.log(1e-3), np.log(0.5))
    p[:, LOG_SU:LOG_SV + 1] = np.clip(p[:, LOG_SU:LOG_SV + 1], np.log(0.6), np.log(2 * side))
    return p


def fill_amplitudes(p, atoms, x, y):
    """The a and b that fit best, all else given."""
    slopes = gabor(p, x, y)[1][..., A:]
    normal = np.einsum("nij,nik->njk", slopes, slopes) + 1e-9 * np.eye(2)
    right = np.einsum("nij,ni->nj", slopes, atoms)
    p[:, A:] = np.linalg.solve(normal, right[..., None])[..., 0]
    return p


def starts(atoms, side, x, y):
    """(n, m, 8): the three strongest separate frequencies, two places, two sizes of each atom."""
    n, padded = len(atoms), 64
    spectrum = np.abs(np.fft.fft2(atoms.reshape(n, side, side), (padded, padded))) ** 2
    fy, fx = np.meshgrid(np.fft.fftfreq(padded), np.fft.fftfreq(padded), indexing="ij")
    spectrum[:, (fx < 0) | ((fx == 0) & (fy <= 0))] = 0  # half the plane, without the mean
    energy = atoms ** 2 / np.sum(atoms ** 2, axis=1, keepdims=True)
    centre = np.stack([energy @ x, energy @ y], axis=1)
    peak = np.argmax(np.abs(atoms), axis=1)
    places = [centre, np.stack([x[peak], y[peak]], axis=1)]
    found = []
    for _ in range(3):
        best = spectrum.reshape(n, -1).argmax(axis=1)
        bx, by = fx.ravel()[best], fy.ravel()[best]
        near = np.hypot(fx - bx[:, None, None], fy - by[:, None, None]) < 0.7 / side
        spectrum[near] = 0
        for place in places:
            for sigma in (0.12 * side, 0.25 * side):
                p = np.zeros((n, 8))
                p[:, X0:Y0 + 1] = place
                p[:, ANGLE] = np.arctan2(by, bx)
                p[:, LOG_F] = np.log(np.hypot(bx, by))
                p[:, LOG_SU:LOG_SV + 1] = np.log(sigma)
                found.append(p)
    return np.stack(found, axis=1)


def descend(p, atoms, side, x, y):
    """Levenberg's and Marquardt's steps, all fits at once. Returns parameters and square errors."""
    p = fill_amplitudes(inside(p, side), atoms, x, y)
    damping = np.full(len(p), 1e-2)
    value, slopes = gabor(p, x, y)
    error = np.sum((atoms - value) ** 2, axis=1)
    for _ in range(ITERATIONS):
        normal = np.matmul(slopes.transpose(0, 2, 1), slopes)
        right = np.einsum("nij,ni->nj", slopes, atoms - value)
        diagonal = np.einsum("njj->nj", normal)
        damped = normal + (damping[:, None] * diagonal + 1e-9)[:, :, None] * np.eye(8)
        tried = inside(p + np.linalg.solve(damped, right[..., None])[..., 0], side)
        tried_value, tried_slopes = gabor(tried, x, y)
        tried_error = np.sum((atoms - tried_value) ** 2, axis=1)
        better = tried_error < error
        p[better], value[better] = tried[better], tried_value[better]
        slopes[better], error[better] = tried_slopes[better], tried_error[better]
        damping = np.clip(np.where(better, damping / 3, damping * 4), 1e-9, 1e9)
    return p, error


def fit(atoms):
    """atoms (K, k, k) -> share of variance explained (K), fits (K, k, k)."""
    count, side, _ = atoms.shape
    y, x = (grid.ravel().astype(float) for grid in np.mgrid[:side, :side])
    flat = atoms.reshape(count, -1).astype(float)
    variance = np.sum((flat - flat.mean(axis=1, keepdims=True)) ** 2, axis=1)
    alive = variance > 0
    flat = np.where(alive[:, None], flat, 1.0)
    first = starts(flat, side, x, y)
    explained, fits = np.full(count, -np.inf), np.zeros_like(flat)
    for start in range(first.shape[1]):
        p, error = descend(first[:, start].copy(), flat, side, x, y)
        share = 1 - error / np.maximum(variance, 1e-300)
        better = share > explained
        explained[better] = share[better]
        fits[better] = gabor(p, x, y)[0][better]
    explained[~alive] = 0
    return explained, fits.reshape(atoms.shape)


def coherence(fits):
    """How much the power of each (K, k, k) keeps to one orientation, 0 .. 1."""
    padded = 64
    fy, fx = np.meshgrid(np.fft.fftfreq(padded), np.fft.fftfreq(padded), indexing="ij")
    power = np.abs(np.fft.fft2(fits, (padded, padded))) ** 2
    power[:, 0, 0] = 0
    turn = np.exp(2j * np.arctan2(fy, fx))
    return np.abs((power * turn).sum(axis=(1, 2))) / np.maximum(power.sum(axis=(1, 2)), 1e-300)


def report(name, atoms):
    began = time.time()
    explained, fits = fit(atoms)
    good = explained >= EXPLAINED
    oriented = good & (coherence(fits) >= COHERENCE)
    print(f"{name}: {len(atoms)} atoms of {atoms.shape[1]} x {atoms.shape[2]}")
    print(f"  a Gabor function explains >= {EXPLAINED:.0%} of {good.sum()} atoms: {good.mean():.1%}")
    print(f"  of these oriented: {oriented.sum()}: {oriented.mean():.1%}")
    print("  share explained, quartiles: " +
          ", ".join(f"{q:.1%}" for q in np.percentile(explained, [25, 50, 75])))
    print(f"  {time.time() - began:.0f} s")
    return good.mean()


def read_atoms(path, name):
    import h5py
    with h5py.File(path, "r") as file:
        if name is None:
            def show(key, item):
                if isinstance(item, h5py.Dataset) and item.ndim == 4:
                    print(f"  {key} {item.shape}")
            print(f"{path} holds these; name one:")
            file.visititems(show)
            sys.exit(2)
        atoms = np.asarray(file[name])
    if atoms.ndim == 2:
        side = round(atoms.shape[1] ** 0.5)
        atoms = atoms.reshape(len(atoms), 1, side, side)
    return atoms.mean(axis=1)


def self_test():
    """All of 256 Gabor functions of every kind are found, none of 256 patches of white noise."""
    draw, side, count = np.random.default_rng(1), 12, 256
    y, x = (grid.ravel().astype(float) for grid in np.mgrid[:side, :side])
    p = np.zeros((count, 8))
    p[:, X0:Y0 + 1] = draw.uniform(1.5, side - 2.5, (count, 2))
    p[:, ANGLE] = draw.uniform(0, np.pi, count)
    p[:, LOG_F] = np.log(draw.uniform(0.08, 0.4, count))
    p[:, LOG_SU:LOG_SV + 1] = np.log(draw.uniform(1.0, 4.0, (count, 2)))
    p[:, A:] = draw.normal(size=(count, 2))
    synthetic = gabor(p, x, y)[0].reshape(count, side, side)
    assert report("Gabor functions", synthetic) == 1
    assert report("white noise", draw.normal(size=(count, side, side))) == 0
    noise = draw.normal(size=synthetic.shape)
    noise *= 0.35 * synthetic.std(axis=(1, 2), keepdims=True)
    report("Gabor functions and an eighth of noise", synthetic + noise)


def main():
    if len(sys.argv) == 2 and sys.argv[1] == "--self-test":
        self_test()
    elif len(sys.argv) in (2, 3):
        name = sys.argv[2] if len(sys.argv) == 3 else None
        report(sys.argv[1], read_atoms(sys.argv[1], name))
    else:
        sys.exit(__doc__)


main()
