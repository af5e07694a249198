"""Print how the corruptions agree with Pillow, and what they cost.

docs/explanation/corruptions.md quotes it.

OMP_NUM_THREADS=1 python docs/explanation/corruptions/measure.py
"""

import io
import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image

from augury.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from augury.data import load_dataset

QUALITIES = (80, 65, 58, 50, 40)
SHARES = (0.95, 0.9, 0.85, 0.75, 0.65)
REPEATS = 5


def through_jpeg(picture: Image.Image, severity: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITIES[severity - 1])
    return Image.open(file)


def through_box(picture: Image.Image, severity: int) -> Image.Image:
    smaller = [int(side * SHARES[severity - 1]) for side in picture.size]
    return picture.resize(smaller, Image.Resampling.BOX).resize(picture.size, Image.Resampling.BOX)


def print_agreement(dataset: str, name: str, pillow: Callable[..., Image.Image]) -> None:
    test = load_dataset(dataset).test.take(slice(0, None, 10))
    images, ids = torch.from_numpy(test.images.copy()), torch.from_numpy(test.ids.copy())
    different = 0
    for severity in SEVERITIES:
        found = corrupt(images, ids, name, severity).numpy()
        for before, after in zip(test.images, found, strict=True):
            picture = Image.fromarray(before.transpose(1, 2, 0).squeeze())
            expected = np.asarray(pillow(picture, severity))
            different += int((expected != after.transpose(1, 2, 0).squeeze()).sum())
    print(f"{dataset} {name}: {different} of {5 * images.numel():,} values differ from Pillow's")


def print_cost(name: str, shape: tuple[int, int, int], n: int) -> None:
    images, ids = torch.randint(0, 256, (n, *shape), dtype=torch.uint8), torch.arange(n)
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        for severity in SEVERITIES:
            corrupt(images, ids, name, severity)
        times.append((time.process_time() - start) / 5 / n)
    print(f"{name} {'×'.join(map(str, shape))}: {1e3 * min(times):.3f} ms an image")


def main() -> None:
    torch.set_num_threads(1)
    for dataset in ("cifar10", "fashion-mnist"):
        print_agreement(dataset, "jpeg", through_jpeg)
        print_agreement(dataset, "pixelate", through_box)
    for shape in ((1, 28, 28), (3, 32, 32), (3, 96, 96)):
        for name in CORRUPTIONS:
            print_cost(name, shape, 50)


if __name__ == "__main__":
    main()
