"""What a person would run instead of `basin bench data`: torchvision's MoCo v2 views of image files, one core.

  views_torchvision.py FOLDER|HxW [SIZE] [pil|tensor]   FOLDER/class/*.JPEG, or random pixels; SIZE of a view, 224

Prints microseconds an image for decoding and for two views, and images a second, medians of 5 rounds; by the
process's own time. pil: PIL decodes, torchvision.transforms (v1) on PIL images. tensor: torchvision.io.decode_jpeg,
torchvision.transforms.v2 on tensors of bytes (torchvision 0.16 or newer).
"""
import glob
import io
import random
import re
import statistics
import sys
import time

import torch
import torchvision
import torchvision.transforms as transforms
from PIL import Image, ImageFilter

ROUNDS, IMAGES = 5, 128
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class GaussianBlur:
    """MoCo v2's: sigma from 0.1 to 2 by PIL."""

    def __call__(self, image):
        return image.filter(ImageFilter.GaussianBlur(radius=random.uniform(0.1, 2.0)))


def make_pil_views(size):
    return transforms.Compose([
        transforms.RandomResizedCrop(size, scale=(0.2, 1.0)),
        transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
        transforms.RandomGrayscale(p=0.2),
        transforms.RandomApply([GaussianBlur()], p=0.5),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize(MEAN, DEVIATION),
    ])


def make_tensor_views(size):
    from torchvision.transforms import v2
    return v2.Compose([
        v2.RandomResizedCrop(size, scale=(0.2, 1.0), antialias=True),
        v2.RandomApply([v2.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
        v2.RandomGrayscale(p=0.2),
        v2.RandomApply([v2.GaussianBlur(max(size // 20 * 2 + 1, 3), (0.1, 2.0))], p=0.5),
        v2.RandomHorizontalFlip(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize(MEAN, DEVIATION),
    ])


def decode_pil(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def decode_tensor(data):
    from torchvision.io import ImageReadMode, decode_jpeg
    return decode_jpeg(torch.frombuffer(bytearray(data), dtype=torch.uint8), ImageReadMode.RGB)


def read_files(folder):
    names = sorted(glob.glob(folder + "/*/*.JPEG")) + sorted(glob.glob(folder + "/*/*.jpg"))
    random.shuffle(names)
    files = [open(name, "rb").read() for name in names[:IMAGES]]
    assert files, "no FOLDER/class/*.JPEG"
    return files


def make_pixels(height, width, way):
    pixels = [torch.randint(0, 256, (3, height, width), dtype=torch.uint8) for _ in range(IMAGES)]
    return pixels if way == "tensor" else [transforms.functional.to_pil_image(x) for x in pixels]


def main():
    torch.set_num_threads(1)
    random.seed(1)
    source, size = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 224
    way = sys.argv[3] if len(sys.argv) > 3 else "pil"
    view, decode = (make_pil_views(size), decode_pil) if way == "pil" else (make_tensor_views(size), decode_tensor)
    numbers = re.fullmatch(r"(\d+)x(\d+)", source)
    files = make_pixels(int(numbers[1]), int(numbers[2]), way) if numbers else read_files(source)
    decoding, viewing = [], []
    for _ in range(ROUNDS):
        start = time.process_time()
        images = files if numbers else [decode(data) for data in files]
        middle = time.process_time()
        for image in images:
            view(image), view(image)
        decoding.append((middle - start) / len(files))
        viewing.append((time.process_time() - middle) / len(files))
    decode, views = statistics.median(decoding), statistics.median(viewing)
    print(f"torchvision {torchvision.__version__}, {way}: {len(files)} images, two views of {size} x {size}: decode {1e6 * decode:.0f} us an image, "
          f"views {5e5 * views:.0f} us a view, {1 / (decode + views):.1f} images/s a core")


main()
