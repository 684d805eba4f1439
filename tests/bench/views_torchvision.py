"""What a person would run instead of `basin bench data`: torchvision's MoCo v2 views of image files, one core.

  views_torchvision.py FOLDER [SIZE]   FOLDER/class/*.JPEG; SIZE of a view, 224

Prints microseconds an image for decoding and for two views, and images a second, medians of 5 rounds; by the
process's own time. PIL decodes; the transforms are those of torchvision.transforms (v1) on PIL images.
"""
import glob
import io
import random
import statistics
import sys
import time

import torch
import torchvision.transforms as transforms
from PIL import Image, ImageFilter

ROUNDS, IMAGES = 5, 128


class GaussianBlur:
    """MoCo v2's: sigma from 0.1 to 2 by PIL."""

    def __call__(self, image):
        return image.filter(ImageFilter.GaussianBlur(radius=random.uniform(0.1, 2.0)))


def make_views(size):
    return transforms.Compose([
        transforms.RandomResizedCrop(size, scale=(0.2, 1.0)),
        transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
        transforms.RandomGrayscale(p=0.2),
        transforms.RandomApply([GaussianBlur()], p=0.5),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ])


def main():
    torch.set_num_threads(1)
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 224
    names = sorted(glob.glob(sys.argv[1] + "/*/*.JPEG")) + sorted(glob.glob(sys.argv[1] + "/*/*.jpg"))
    random.seed(1)
    random.shuffle(names)
    files = [open(name, "rb").read() for name in names[:IMAGES]]
    assert files, "no FOLDER/class/*.JPEG"
    view = make_views(size)
    decoding, viewing = [], []
    for _ in range(ROUNDS):
        start = time.process_time()
        images = [Image.open(io.BytesIO(data)).convert("RGB") for data in files]
        middle = time.process_time()
        for image in images:
            view(image), view(image)
        decoding.append((middle - start) / len(files))
        viewing.append((time.process_time() - middle) / len(files))
    decode, views = statistics.median(decoding), statistics.median(viewing)
    print(f"{len(files)} images, two views of {size} x {size}: decode {1e6 * decode:.0f} us an image, "
          f"views {5e5 * views:.0f} us a view, {1 / (decode + views):.1f} images/s a core")


main()
