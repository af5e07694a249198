"""Batches: of given images, and of noise."""

import numpy as np
import torch
from torch import Tensor

from augury.batch import Batch


def make_batch(images: Tensor, targets: Tensor | None = None, ids: Tensor | None = None) -> Batch:
    """A batch of `images` (B, C, H, W).

    targets: (B, K), one class for all by default; ids: (B,), 0..B-1 by default.
    """
    n = len(images)
    return Batch(
        images,
        torch.ones(n, 1) if targets is None else targets,
        torch.arange(n) if ids is None else ids,
    )


def distinct_batch(images: Tensor, ids: Tensor | None = None) -> Batch:
    """A batch of `images` (B, C, H, W), each of a class of its own: a target shows who mixed."""
    return make_batch(images, torch.eye(len(images)), ids)


def noise_batch(n: int, shape: tuple[int, ...], classes: int = 4, step: int = 3) -> Batch:
    """`n` uint8 noise images of `shape` (C, H, W), always the same.

    Labels count 0..classes-1 over and over; ids are multiples of `step`.
    """
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (n, *shape), generator=generator, dtype=torch.uint8)
    return Batch(images, torch.eye(classes)[torch.arange(n) % classes], torch.arange(n) * step)


def soft_batch(
    seed: int = 1,
    n: int = 4,
    shape: tuple[int, ...] = (3, 6, 6),
    dtype: torch.dtype = torch.uint8,
    classes: int = 5,
) -> Batch:
    """`n` noise images of `shape` (C, H, W) whose targets are spread over all classes.

    Float images lie in [0, 1]; ids are multiples of 3.
    """
    generator = np.random.default_rng(seed)
    images = torch.from_numpy(generator.integers(0, 256, (n, *shape), dtype=np.uint8))
    images = images if dtype == torch.uint8 else images.to(dtype) / 255
    targets = torch.from_numpy(generator.dirichlet(np.ones(classes), n)).float()
    return Batch(images, targets, torch.arange(n) * 3)


def rows_of(batch: Batch, rows: Tensor | slice | list[int]) -> Batch:
    """The images of `batch` at `rows`, in that order."""
    return Batch(batch.images[rows], batch.targets[rows], batch.ids[rows])
