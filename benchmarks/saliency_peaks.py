"""Where the most salient pixel lies, and how much of a partner `saliencymix` pastes there.

python -m benchmarks.saliency_peaks cifar10 fashion-mnist [--out benchmarks/results/NAME.json]

For `spectral-residual` with each of its borders: the share of training images whose most salient
pixel lies on the outermost ring of pixels, and in a corner; the mean share of the partner in an
image that `saliencymix` mixes (its boxes are clipped at the border); on images with a black
background the share whose most salient pixel lies on the object. With opencv-contrib-python
installed also the detector of SaliencyMix's authors, given normalized floats as in their code.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from augury.augment import SaliencyMix
from augury.batch import Batch
from augury.data import Dataset, batches, load_dataset
from augury.rng import Draws
from augury.saliency import SpectralResidual
from augury.study.provenance import provenance

try:
    import cv2
except ImportError:
    cv2 = None

BORDERS = {
    "zeros": "zeros beyond the map (Hou & Zhang; today's)",
    "mirrored": "mirrored (GuidedMixup)",
    "repeated": "repeated (before)",
}
# What SaliencyMix's code normalizes CIFAR-10 with.
MEAN = np.array([125.3, 123.0, 113.9]) / 255
DEVIATION = np.array([63.0, 62.1, 66.7]) / 255
BATCH = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("datasets", nargs="+")
    parser.add_argument("--images", type=int, default=10_000, help="drawn from the training part")
    parser.add_argument("--out", type=Path, help="also write everything to this JSON file")
    arguments = parser.parse_args()
    found = {}
    for name in arguments.datasets:
        dataset = load_dataset(name)
        rows = np.random.default_rng(0).permutation(len(dataset.train))[: arguments.images]
        found[name] = measured(dataset, rows)
        print_table(dataset, len(rows), found[name])
    if arguments.out:
        content = {"images": arguments.images, "datasets": found, **provenance()}
        arguments.out.write_text(json.dumps(content, indent=2) + "\n")


def measured(dataset: Dataset, rows: np.ndarray) -> dict[str, dict[str, float | None]]:
    """By the words of a kind of map: fractions in [0, 1]."""
    kinds: dict[str, Callable[[Batch], Tensor]] = {
        words: SpectralResidual(border) for border, words in BORDERS.items()
    }
    if cv2 is not None:
        kinds[f"the detector of SaliencyMix's code (OpenCV {cv2.__version__})"] = detected
    kinds["a random pixel"] = drawn
    return {words: shares(dataset, rows, saliency) for words, saliency in kinds.items()}


def shares(
    dataset: Dataset, rows: np.ndarray, saliency: Callable[[Batch], Tensor]
) -> dict[str, float | None]:
    kept: dict[str, list[Tensor]] = {"ring": [], "corner": [], "object": [], "partner": []}
    mix = SaliencyMix(saliency, p=1.0)
    black = dataset.channels == 1 and np.median(dataset.train.images[:1000]) == 0
    for batch in batches(dataset.train, dataset.num_classes, BATCH, rows):
        maps = saliency(batch)
        height, width = maps.shape[1:]
        peak = maps.flatten(1).argmax(1)
        edges = [
            (place == 0) | (place == side - 1)
            for place, side in ((peak // width, height), (peak % width, width))
        ]
        kept["ring"].append(edges[0] | edges[1])
        kept["corner"].append(edges[0] & edges[1])
        kept["object"].append(batch.images[:, 0].flatten(1).gather(1, peak[:, None])[:, 0] > 0)
        kept["partner"].append(pasted(mix, batch))
    found: dict[str, float | None] = {
        name: float(torch.cat(parts).double().mean()) for name, parts in kept.items()
    }
    return found if black else found | {"object": None}


def pasted(mix: SaliencyMix, batch: Batch) -> Tensor:
    """(B,): the partner's share, told from targets of one class an image."""
    own = torch.eye(len(batch))
    mixed = mix(Batch(batch.images, own, batch.ids), Draws(0, 0, batch.ids))
    return 1 - mixed.targets.diagonal()


def detected(batch: Batch) -> Tensor:
    """OpenCV's fine-grained map of each image, from the normalized floats that they give it."""
    detector = cv2.saliency.StaticSaliencyFineGrained_create()
    maps = []
    for image in batch.images.numpy():
        colors = np.broadcast_to(image, (3, *image.shape[1:])).transpose(1, 2, 0)
        normalized = np.ascontiguousarray((colors / 255 - MEAN) / DEVIATION, np.float32)
        maps.append((detector.computeSaliency(normalized)[1] * 255).astype(np.uint8))
    return torch.from_numpy(np.stack(maps)).float()


def drawn(batch: Batch) -> Tensor:
    pixels = batch.images.shape[2] * batch.images.shape[3]
    return Draws(1, 0, batch.ids).uniform("benchmark", pixels).view(-1, *batch.images.shape[2:])


def print_table(dataset: Dataset, images: int, rows: dict[str, dict[str, float | None]]) -> None:
    height, width = dataset.train.images.shape[2:]
    ring = 1 - (height - 2) * (width - 2) / (height * width)
    print(f"\n{dataset.source}, {images} training images of {height}×{width}, torch", end=" ")
    print(f"{torch.__version__}; the ring has {100 * ring:.1f} % of the pixels\n")
    print("| map | on the ring | in a corner | on the object | share of the partner |")
    print("| --- | --- | --- | --- | --- |")
    for words, row in rows.items():
        percents = [
            "–" if row[name] is None else f"{100 * row[name]:.1f} %"
            for name in ("ring", "corner", "object")
        ]
        print(f"| {words} | {' | '.join(percents)} | {row['partner']:.3f} |")


if __name__ == "__main__":
    main()
