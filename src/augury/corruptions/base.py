"""What the corruptions share: their form, the choice of a constant, the cut to whole levels."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from augury.rng import Draws

Corruption = Callable[[Tensor, Draws, int], Tensor]
"""images (B, C, H, W) uint8, the draws of these images, severity 1..5 -> images of that form."""

SEVERITIES = (1, 2, 3, 4, 5)
SMALL = 64  # pixels of the longer side, up to which the constants made for CIFAR-10 are used

# Of a level. Rounding in float64 errs by 1e-10 of a level at most.
_TOLERANCE = 1e-6

T = TypeVar("T")


def constant(cifar: Sequence[T], imagenet: Sequence[T], images: Tensor, severity: int) -> T:
    """The severity's constant from the table that was published for images of about this size."""
    table = cifar if max(images.shape[2:]) <= SMALL else imagenet
    return table[severity - 1]


def cut(levels: Tensor) -> Tensor:
    """Levels 0..255 in float64 -> uint8, clipped and cut to whole levels as in the authors' code.

    What is less than a millionth below a whole level counts as that level: a value that is whole in
    exact arithmetic is kept, whatever the order and the device of the sums that led to it.
    """
    return levels.add(_TOLERANCE).clamp(0, 255).to(torch.uint8)
