"""The one thing that travels from data to model."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from augury.errors import InputError


@dataclass(frozen=True)
class Batch:
    """Images with their targets and identities; never mutated.

    images: (B, C, H, W), uint8, or float in [0, 1]; C is 1 or 3
    targets: (B, K) float, rows sum to 1
    ids: (B,) int64, each sample's stable number in its data set
    """

    images: Tensor
    targets: Tensor
    ids: Tensor

    def __len__(self) -> int:
        return self.images.shape[0]

    def to(self, device: torch.device | str) -> "Batch":
        return Batch(self.images.to(device), self.targets.to(device), self.ids.to(device))

    def with_images(self, images: Tensor) -> "Batch":
        return replace(self, images=images)


def to_float(images: Tensor) -> Tensor:
    """uint8 images in [0, 255] become float32 in [0, 1]; float images are returned as they are."""
    return images.float().div_(255) if images.dtype == torch.uint8 else images


def to_uint8(images: Tensor) -> Tensor:
    """Float images in [0, 1] become uint8 in [0, 255], rounded; uint8 is returned as it is."""
    if images.dtype == torch.uint8:
        return images
    return images.float().mul(255).round_().clamp_(0, 255).to(torch.uint8)


def check_batch(batch: Batch) -> None:
    """Raise InputError where `batch` breaks the contract of `Batch`; slow."""
    images, targets, ids = batch.images, batch.targets, batch.ids
    if images.ndim != 4:
        raise InputError(f"images: shape must be (B, C, H, W), got {tuple(images.shape)}")
    if images.dtype != torch.uint8 and not images.is_floating_point():
        raise InputError(f"images: dtype must be uint8 or floating, got {images.dtype}")
    if images.is_floating_point() and images.numel():
        low, high = float(images.min()), float(images.max())
        if not (low >= 0 and high <= 1):
            raise InputError(f"images: float values must lie in [0, 1], got [{low:g}, {high:g}]")
    if targets.ndim != 2 or targets.shape[0] != len(batch):
        raise InputError(f"targets: shape must be ({len(batch)}, K), got {tuple(targets.shape)}")
    if not torch.allclose(targets.sum(1), targets.new_ones(len(batch)), atol=1e-4):
        raise InputError("targets: each row must sum to 1")
    if ids.shape != (len(batch),) or ids.dtype != torch.int64:
        raise InputError(
            f"ids: must be int64 of shape ({len(batch)},), got {ids.dtype} {tuple(ids.shape)}"
        )
