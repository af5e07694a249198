"""Brightness, contrast, saturation and hue in random order, as torchvision's `ColorJitter`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation, check_probability
from augury.augment.color.brightness import adjust_brightness
from augury.augment.color.contrast import adjust_contrast
from augury.augment.color.hue import adjust_hue
from augury.augment.color.saturation import adjust_saturation
from augury.augment.shared.ranges import NumberOrRange, pair_around
from augury.augment.strength import away_from, with_arguments
from augury.batch import Batch, to_float
from augury.kernels.constants import constant
from augury.kernels.steps import Recolor, Step
from augury.rng import Draws

_ADJUST = {
    "brightness": adjust_brightness,
    "contrast": adjust_contrast,
    "saturation": adjust_saturation,
    "hue": adjust_hue,
}
# The amounts that change no bit.
_NEUTRAL = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}

# What images of one channel have none of.
_ONLY_COLOR = {"saturation", "hue"}

# All orders of the four operations; equally likely.
ORDERS = tuple(permutations(_ADJUST))

# A shortest sequence that holds each order, if some of its operations are left out. All images of a
# batch go through it, with neutral amounts for what they leave out. Hue, the dearest, is in it
# twice.
_SEQUENCE = (
    "brightness", "contrast", "saturation", "hue", "brightness", "contrast",
    "saturation", "brightness", "hue", "contrast", "brightness", "saturation",
)  # fmt: skip


def _taken(order: tuple[str, ...]) -> tuple[bool, ...]:
    """Which operations of the sequence make up `order`: the first that fits, then the next."""
    rest = list(order)
    taken = []
    for kind in _SEQUENCE:
        taken.append(rest[:1] == [kind])
        rest = rest[taken[-1] :]
    return tuple(taken)


_TAKEN = tuple(map(_taken, ORDERS))


@dataclass(frozen=True)
class ColorJitterParams:
    """order: (B,) int64, the place in ORDERS.

    brightness, contrast, saturation: (B,) factors, 1 changes nothing; hue: (B,) turns of the color
    wheel, 0 changes nothing.
    """

    order: Tensor
    brightness: Tensor
    contrast: Tensor
    saturation: Tensor
    hue: Tensor


class ColorJitter(Augmentation[ColorJitterParams]):
    """Change brightness, contrast, saturation and hue of each image, in an order of its own.

    brightness, contrast, saturation: a number s ≥ 0 for factors uniform in [max(0, 1 - s), 1 + s],
        or their range (low, high), low ≥ 0; 0 leaves it as it is.
    hue: a number in [0, ½] for turns of the color wheel uniform in [-hue, hue], or their range
        within [-½, ½]; 0 leaves it as it is.
    p: probability that an image is changed; torchvision's `ColorJitter` has none.

    torchvision has no defaults; 0.4, 0.4, 0.4 and 0.1 are those of MoCo v2 (which takes p = 0.8).
    All 24 orders are equally likely. Images of one channel have no saturation and no hue to change.
    The operations are those of `brightness`, `contrast`, `saturation` and `hue`, each clipped to
    [0, 1]. Returns float32.
    """

    def __init__(
        self,
        brightness: NumberOrRange = 0.4,
        contrast: NumberOrRange = 0.4,
        saturation: NumberOrRange = 0.4,
        hue: NumberOrRange = 0.1,
        p: float = 1.0,
    ) -> None:
        self._ranges = {
            "brightness": pair_around("brightness", brightness, 1, 0, math.inf),
            "contrast": pair_around("contrast", contrast, 1, 0, math.inf),
            "saturation": pair_around("saturation", saturation, 1, 0, math.inf),
            "hue": pair_around("hue", hue, 0, -0.5, 0.5),
        }
        check_probability("p", p)
        self.brightness, self.contrast = brightness, contrast
        self.saturation, self.hue, self.p = saturation, hue, p

    def operations(self) -> dict[str, bool]:
        changing = (
            kind for kind, amounts in self._ranges.items() if set(amounts) != {_NEUTRAL[kind]}
        )
        return {kind: kind in _ONLY_COLOR for kind in changing}

    def strengthened(self, strength: float) -> Self:
        return with_arguments(
            self,
            brightness=_farther(self.brightness, 1, strength),
            contrast=_farther(self.contrast, 1, strength),
            saturation=_farther(self.saturation, 1, strength),
            hue=_farther(self.hue, 0, strength),
        )

    def sample(self, batch: Batch, draws: Draws) -> ColorJitterParams:
        u = draws.uniform("color-jitter", 2 + len(self._ranges))
        left = u[:, 0] >= self.p
        amounts = {
            kind: (low + (high - low) * u[:, 2 + i]).masked_fill(left, _NEUTRAL[kind])
            for i, (kind, (low, high)) in enumerate(self._ranges.items())
        }
        return ColorJitterParams((u[:, 1].double() * len(ORDERS)).long(), **amounts)

    def apply(self, batch: Batch, params: ColorJitterParams) -> Batch:
        images = to_float(batch.images)
        for kind, amount in _amounts(params):
            images = _ADJUST[kind](images, amount)
        return batch.with_images(images)

    def steps(self, params: ColorJitterParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return tuple(Recolor(kind, amount) for kind, amount in _amounts(params))


def _farther(value: NumberOrRange, center: float, strength: float) -> NumberOrRange:
    if isinstance(value, Sequence):
        return away_from(value[0], center, strength), away_from(value[1], center, strength)
    return value * strength


def _amounts(params: ColorJitterParams) -> list[tuple[str, Tensor]]:
    """The operations of the sequence with their amounts, (B,): neutral where an image has none."""
    taken = constant(_TAKEN, torch.bool, params.order.device)[params.order]
    return [
        (kind, torch.where(taken[:, place], getattr(params, kind), _NEUTRAL[kind]))
        for place, kind in enumerate(_SEQUENCE)
    ]
