"""Shared by the corruptions: their signature, the choice of a constant, and the cut to uint8."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from augury.rng import Draws

Corruption = Callable[[Tensor, Draws, int], Tensor]
"""A corruption: (images (B, C, H, W) uint8, their draws, severity 1..5) -> images, same form."""

SEVERITIES = (1, 2, 3, 4, 5)
SMALL = 64  # pixels of the longer side; the constants for CIFAR-10 are used up to it

# In levels. Rounding errors in float64 are at most 1e-10 levels.
_TOLERANCE = 1e-6

T = TypeVar("T")


def constant(cifar: Sequence[T], imagenet: Sequence[T], images: Tensor, severity: int) -> T:
    """The constant for `severity`, from the table published for images of about this size."""
    table = cifar if max(images.shape[2:]) <= SMALL else imagenet
    return table[severity - 1]


def cut(levels: Tensor) -> Tensor:
    """Levels 0..255 in float64 -> uint8, clipped and cut to whole levels as in the authors' code.

    A value less than a millionth below a whole level counts as that level. So a value that is whole
    in exact arithmetic stays, on every device and in any order of summation.
    """
    return levels.add(_TOLERANCE).clamp(0, 255).to(torch.uint8)
