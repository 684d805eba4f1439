#!/usr/bin/env python3
"""Golden numbers for what sparse coding sees: local contrast normalisation, and grey without mean.

    python3 tests/golden/sparse_views.py        (from the project's root; made with numpy alone)

writes tests/golden/sparse_views.h, which tests/io/test_local_contrast.c compares with Basin's. Windows
are summed in two dimensions at once and in double precision, over an image padded by its mirror. The
image is made by a formula on both sides.
"""
import numpy as np


def picture(channels, height, width):
    """The same as test_local_contrast.c's."""
    y, x = np.mgrid[:height, :width]
    planes = [(x * 11 + y * 3) % 256, (x * x + 7 * y) % 256, (255 - 9 * x + y * y) % 256]
    return np.array(planes[:channels]) / 255.0


def window_sum(plane, sigma, radius):
    d = np.arange(-radius, radius + 1)
    weights = np.exp(-(d[:, None] ** 2 + d[None, :] ** 2) / (2 * sigma ** 2))
    weights /= weights.sum()
    padded = np.pad(plane, radius, mode="symmetric")
    out = np.zeros_like(plane)
    for dy in range(2 * radius + 1):
        for dx in range(2 * radius + 1):
            out += weights[dy, dx] * padded[dy:dy + plane.shape[0], dx:dx + plane.shape[1]]
    return out


def local_contrast(x, sigma, radius, floor, average_floor):
    mean = np.mean([window_sum(plane, sigma, radius) for plane in x], axis=0)
    v = x - mean
    s = np.sqrt(np.mean([window_sum(plane * plane, sigma, radius) for plane in v], axis=0))
    divisor = np.maximum(s, max(floor, s.mean()) if average_floor else floor)
    return v / divisor, mean, divisor


def grey_without_mean(x, deviation):
    grey = np.tensordot([0.299, 0.587, 0.114], x, 1) / deviation
    return grey - grey.mean()


def rows(values):
    text, line = [], "   "
    for value in np.ravel(values):
        word = f" {value:.7e}f,"
        if len(line) + len(word) > 100:
            text.append(line)
            line = "   "
        line += word
    return "\n".join(text + [line.rstrip(",")])


def main():
    colour = local_contrast(picture(3, 12, 10), 2.0, 4, 1e-3, True)
    small = local_contrast(picture(1, 7, 5), 5.0, 6, 0.25, False)
    results = {
        "colour": colour[0], "colour_mean": colour[1], "colour_divisor": colour[2],
        "small": small[0], "small_mean": small[1], "small_divisor": small[2],
        "grey": grey_without_mean(picture(3, 12, 10), 0.25),
    }
    with open("tests/golden/sparse_views.h", "w") as out:
        out.write("// tests/golden/sparse_views.h -- a formula's image as sparse coding sees it, planes (C, H, W).\n"
                  f"// Made by tests/golden/sparse_views.py with numpy {np.__version__}; do not edit.\n"
                  "// clang-format off\n")
        for name, result in results.items():
            out.write(f"static const float golden_{name}[{result.size}] = {{\n{rows(result)}}};\n")


main()
