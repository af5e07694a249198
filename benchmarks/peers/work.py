"""The images that all libraries augment, and what they are to become."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from augury.batch import Batch

CLASSES = 10
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of CIFAR-10

# Augments and normalizes all images of a Work once.
Pass = Callable[[], object]


@dataclass(frozen=True)
class Work:
    """images: (B, 3, S, S) uint8 on the device; labels: (B,) int64. The targets are one-hot."""

    images: Tensor
    labels: Tensor

    @property
    def size(self) -> int:
        return self.images.shape[-1]

    def batch(self) -> Batch:
        targets = torch.eye(CLASSES, device=self.labels.device)[self.labels]
        ids = torch.arange(len(self.labels), device=self.labels.device)
        return Batch(self.images, targets, ids)

    def part(self, n: int) -> "Work":
        """The first `n` images, for libraries that need long and pay for each image alone."""
        return Work(self.images[:n], self.labels[:n])


def make_work(n: int, size: int, device: str = "cpu") -> Work:
    """Smooth color gradients under noise: photographs' levels, without a download."""
    generator = torch.Generator().manual_seed(0)
    coarse = 255 * torch.rand(n, 3, 4, 4, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, (size, size), mode="bilinear")
    noise = 20 * torch.randn(n, 3, size, size, generator=generator)
    images = (smooth + noise).clamp(0, 255).byte()
    labels = torch.randint(CLASSES, (n,), generator=generator)
    return Work(images.to(device), labels.to(device))
