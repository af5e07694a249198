"""What every augmentation is: draws become params (`sample`), params become pixels (`apply`)."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

import torch
from torch import Tensor

from augury.batch import Batch, check_batch
from augury.errors import InputError
from augury.rng import Draws

Params = TypeVar("Params")

# Where saliency comes from: a network, a filter or a store; the augmentation does not know.
Source = Callable[[Batch], Tensor]


class Augmentation(ABC, Generic[Params]):
    """One method. Calling it samples and applies: `batch = Cutout()(batch, draws)`.

    `sample` returns a frozen dataclass of tensors whose first dimension is B, drawn per sample
    from `draws` and from nothing else. `apply` is deterministic and mutates nothing, so tests and
    figures may hand it params of their own. Each argument of the constructor is kept as the
    attribute of its name, so that an augmentation can be written down.
    `mixes` says that an image's result depends on the others of its batch.
    """

    mixes: bool = False

    @abstractmethod
    def sample(self, batch: Batch, draws: Draws) -> Params:
        """Draw the params of each image of `batch`."""

    @abstractmethod
    def apply(self, batch: Batch, params: Params) -> Batch:
        """Return the batch that `params` describe."""

    def streams(self, scope: str) -> set[tuple[type, str]]:
        """What it draws from in `scope`; what it shares with another draws the same numbers.

        Of a class the operations that its `sample` names, and those of a class that it extends. An
        augmentation that holds others adds theirs, in the scopes that it gives them.
        """
        drawing = (cls for cls in type(self).__mro__ if "sample" in vars(cls))
        return {(cls, scope) for cls in drawing if cls is not Augmentation}

    def run(self, batch: Batch, draws: Draws) -> Batch:
        """Sample and apply, without looking at the input first."""
        return self.apply(batch, self.sample(batch, draws))

    def __call__(self, batch: Batch, draws: Draws) -> Batch:
        """The augmented batch; InputError where `batch` breaks its contract."""
        if not torch.compiler.is_compiling():
            batch = check_batch(batch)
        # Under a caller's autocast, pixels would be computed to three digits.
        with torch.autocast(batch.images.device.type, enabled=False):
            return self.run(batch, draws)


def saliency_of(source: Source, batch: Batch) -> Tensor:
    """(B, H, W) float32, finite and at least 0: the maps that `source` gives for `batch`.

    A map with NaN or infinite values says nothing and counts as one of zeros, which each method
    defines; values under 0 count as 0. This costs no look at a value, so that it is the same on
    every device. Raises InputError where the maps have another shape.
    """
    maps = source(batch)
    expected = (len(batch), *batch.images.shape[-2:])
    if tuple(maps.shape) != expected:
        raise InputError(f"saliency: shape must be (B, H, W) = {expected}, got {tuple(maps.shape)}")
    return finite_or_zeros(maps.float()).clamp(min=0)


def finite_or_zeros(maps: Tensor) -> Tensor:
    """(B, ...): zeros for each sample that has NaN or infinite values, the others as they are."""
    finite = maps.isfinite().flatten(1).all(1)
    return torch.where(finite.view(-1, *[1] * (maps.ndim - 1)), maps, 0)


def check_probability(name: str, value: float) -> None:
    """Raise InputError unless 0 ≤ value ≤ 1."""
    if not 0 <= value <= 1:
        raise InputError(f"{name}: must lie in [0, 1], got {value}")


def check_positive(name: str, value: float) -> None:
    """Raise InputError unless 0 < value < ∞."""
    if not 0 < value < float("inf"):
        raise InputError(f"{name}: must be over 0, got {value}")


def check_range(name: str, value: tuple[float, float], low: float, high: float) -> None:
    """Raise InputError unless low ≤ value[0] ≤ value[1] ≤ high."""
    if not low <= value[0] <= value[1] <= high:
        raise InputError(f"{name}: must be a rising pair within [{low:g}, {high:g}], got {value}")


def per_image(values: Tensor) -> Tensor:
    """(B,) -> (B, 1, 1, 1), to be combined with images."""
    return values[:, None, None, None]
