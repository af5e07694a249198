"""Fewer, larger pixels."""

import math
from functools import lru_cache

import torch
from torch import Tensor

from augury.corruptions.base import constant
from augury.rng import Draws

# Share of the pixels that are left along each side; make_cifar_c.py and make_imagenet_c.py.
_CIFAR = (0.95, 0.9, 0.85, 0.75, 0.65)
_IMAGENET = (0.6, 0.5, 0.4, 0.3, 0.25)

_ONE = 2**22  # Pillow's unit of weight


def pixelate(images: Tensor, draws: Draws, severity: int) -> Tensor:
    """Shrink each image and enlarge it again, by Pillow's box filter; draws: not used.

    Sides shrink to int(side · c) pixels. The result equals Pillow's `resize` bit for bit: a target
    pixel is the plain mean of the pixels whose centers lie in it; other pixels that overlap it do
    not count. On very small images two severities can give the same size.
    """
    share = constant(_CIFAR, _IMAGENET, images, severity)
    size = images.shape[2:]
    smaller = _resize(images.double(), [int(side * share) for side in size])
    return _resize(smaller, list(size)).to(torch.uint8)


def _resize(levels: Tensor, size: list[int]) -> Tensor:
    """(B, C, H, W) whole levels in float64, resized to `size`; rows first, as in Pillow."""
    rows = box_weights(levels.shape[2], size[0]).to(levels.device)
    columns = box_weights(levels.shape[3], size[1]).to(levels.device)
    return _rounded(rows @ _rounded(levels @ columns.T))


def _rounded(sums: Tensor) -> Tensor:
    # Weights and levels are integers, and float64 holds their sums exactly.
    return sums.add_(_ONE // 2).div_(_ONE).floor_()


@lru_cache(maxsize=32)
def box_weights(before: int, after: int) -> Tensor:
    """(after, before) float64: the integer weights of Pillow's box filter for a line."""
    scale = before / after
    width = max(scale, 1.0)
    weights = torch.zeros(after, before, dtype=torch.float64)
    for place in range(after):
        center = (place + 0.5) * scale
        near = range(max(int(center - width / 2 + 0.5), 0), int(center + width / 2 + 0.5))
        chosen = [i for i in near if i < before and -0.5 < (i + 0.5 - center) / width <= 0.5]
        weights[place, chosen] = math.floor(_ONE / len(chosen) + 0.5)
    return weights
