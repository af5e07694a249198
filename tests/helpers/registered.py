"""Every registered augmentation, with the batches and maps that it needs to run."""

from typing import Any

import torch
from torch import Tensor

from augury.augment import AUGMENTATIONS, Augmentation, build_augmentation
from augury.batch import Batch
from augury.rng import Draws
from augury.saliency import MapCache

# Of three recipes that differ in two numbers, one stands for all.
_ALIKE = {"timm-a1", "timm-a3"}
NAMES = [
    *(name for name in AUGMENTATIONS if name not in _ALIKE),
    "salience+normal+cutout",
    "crop+crop",
]
# These change nothing, or what their maps say; views of the input's own size are the whole image.
STILL = {"none", "salience-blend", "salience-raw", "resize-crop", "center-crop"}
RANDOM = sorted(set(NAMES) - STILL)
N = 100


def labeled_batch(shape: tuple[int, ...], dtype: torch.dtype = torch.uint8, n: int = N) -> Batch:
    """`n` noise images of `shape` (C, H, W) with labels of five classes and ids below 10^6."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (n, *shape), generator=generator, dtype=torch.uint8)
    if dtype != torch.uint8:
        images = images.to(dtype) / 255
    labels = torch.randint(0, 5, (n,), generator=generator)
    # Distinct, far apart and in no order; a permutation of all numbers takes 20 ms.
    ids = torch.randperm(10**3, generator=generator)[:n] * 997
    return Batch(images, torch.eye(5)[labels], ids)


def make(name: str, shape: tuple[int, ...], n: int = N) -> Augmentation[Any]:
    """The augmentation `name`, with stored maps or gradients where it takes any."""
    return build_augmentation(name, sources=lambda kind: stored_maps(kind, shape, n))


class StoredMaps(MapCache):
    """Maps that say of which kind they are, as those of training do."""

    def __init__(self, kind: str, ids: Tensor, maps: Tensor) -> None:
        super().__init__(ids, maps)
        self.kind = kind


def stored_maps(kind: str, shape: tuple[int, ...], n: int = N) -> StoredMaps:
    """Random maps of `kind` for the ids of `labeled_batch`."""
    generator = torch.Generator().manual_seed(1)
    ids, order = labeled_batch(shape, n=n).ids.sort()
    signed = kind == "signed-gradient"
    values = torch.rand((n, *(shape if signed else shape[1:])), generator=generator)
    values = values - 0.5 if signed else (values * 255).to(torch.uint8)
    return StoredMaps(kind, ids, values[order])


def run(augmentation: Augmentation[Any], batch: Batch, seed: int = 3, epoch: int = 7) -> Batch:
    """`batch` augmented with the draws of one seed and epoch."""
    return augmentation(batch, Draws(seed, epoch, batch.ids))


MIXING = [name for name in NAMES if make(name, (3, 8, 8)).mixes]
