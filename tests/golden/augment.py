#!/usr/bin/env python3
"""Golden pixels for the augmentations, from PIL: the calls that torchvision's PIL backend makes.

    python3 tests/golden/augment.py        (from the project's root; made with Pillow 13.0.0)

writes tests/golden/augment.h, which tests/io/test_augment_golden.c compares with Basin's. The image
is made by a formula on both sides, so that only results are stored, as 8-bit pixels (H, W, C).
"""
import PIL
from PIL import Image, ImageEnhance

HEIGHT, WIDTH = 18, 22


def picture():
    """The same as test_augment_golden.c's."""
    image = Image.new("RGB", (WIDTH, HEIGHT))
    for y in range(HEIGHT):
        for x in range(WIDTH):
            image.putpixel((x, y), ((x * 11 + y * 3) % 256, (x * x + 7 * y) % 256,
                                    (255 - 9 * x + y * y) % 256))
    return image


def crop(image, left, top, width, height, out_width, out_height):
    box = image.crop((left, top, left + width, top + height))
    return box.resize((out_width, out_height), Image.BILINEAR)


def hue(image, shift):
    """torchvision's adjust_hue: the 8-bit hue shifted, with wrap-around."""
    h, s, v = image.convert("HSV").split()
    h = h.point([(i + int(shift * 255)) % 256 for i in range(256)])
    return Image.merge("HSV", (h, s, v)).convert("RGB")


def rows(image):
    values = list(image.tobytes())
    text, line = [], "   "
    for value in values:
        word = f" {value},"
        if len(line) + len(word) > 100:
            text.append(line)
            line = "   "
        line += word
    return "\n".join(text + [line.rstrip(",")])


def main():
    image = picture()
    results = {
        "crop_shrunk": crop(image, 3, 2, 17, 15, 7, 6),
        "crop_grown": crop(image, 5, 4, 6, 5, 13, 14),
        "brightness": ImageEnhance.Brightness(image).enhance(1.3),
        "contrast": ImageEnhance.Contrast(image).enhance(0.65),
        "saturation": ImageEnhance.Color(image).enhance(1.4),
        "hue": hue(image, 25.0 / 255 + 1e-6),
        "grayscale": image.convert("L").convert("RGB"),
        "solarize": image.point([i if i < 128 else 255 - i for i in range(256)] * 3),
    }
    with open("tests/golden/augment.h", "w") as out:
        out.write("// tests/golden/augment.h -- a formula's image changed by PIL, 8-bit pixels (H, W, C).\n"
                  f"// Made by tests/golden/augment.py with Pillow {PIL.__version__}; do not edit.\n"
                  "// clang-format off\n")
        for name, result in results.items():
            count = result.width * result.height * 3
            out.write(f"static const unsigned char golden_{name}[{count}] = {{\n{rows(result)}}};\n")


main()
