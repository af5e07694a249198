"""The base class: `sample` turns draws into params, `apply` turns params into pixels."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

import torch
from torch import Tensor

from augury.batch import Batch, check_batch
from augury.errors import InputError
from augury.rng import Draws

Params = TypeVar("Params")

# Gives saliency maps for a batch: from a network, a filter or a store.
Source = Callable[[Batch], Tensor]


class Augmentation(ABC, Generic[Params]):
    """One method. Calling it samples and applies: `batch = Cutout()(batch, draws)`.

    `sample` returns a frozen dataclass of tensors whose first dimension is B, drawn per sample
    from `draws` and from nothing else. `apply` is deterministic and mutates nothing, so tests and
    figures can pass params of their choice. The constructor keeps each argument as an attribute of
    the same name, so that an augmentation can be written to a file.
    `mixes`: whether an image's result depends on the other images of its batch.
    """

    mixes: bool = False

    @abstractmethod
    def sample(self, batch: Batch, draws: Draws) -> Params:
        """Draw the params of each image of `batch`."""

    @abstractmethod
    def apply(self, batch: Batch, params: Params) -> Batch:
        """Return the batch that `params` describe."""

    def streams(self, scope: str) -> set[tuple[type, str]]:
        """The (class, scope) pairs whose streams of random numbers it uses in `scope`.

        Two augmentations that have a pair in common draw the same numbers. A class counts with the
        classes that it extends. An augmentation that holds others adds their pairs, in the scopes
        that it gives them.
        """
        drawing = (cls for cls in type(self).__mro__ if "sample" in vars(cls))
        return {(cls, scope) for cls in drawing if cls is not Augmentation}

    def run(self, batch: Batch, draws: Draws) -> Batch:
        """Sample and apply, without checking the input first."""
        return self.apply(batch, self.sample(batch, draws))

    def __call__(self, batch: Batch, draws: Draws) -> Batch:
        """The augmented batch; InputError where `batch` breaks its contract."""
        if not torch.compiler.is_compiling():
            batch = check_batch(batch)
        # The caller's autocast would compute pixels in half precision, to three digits.
        with torch.autocast(batch.images.device.type, enabled=False):
            return self.run(batch, draws)


def saliency_of(source: Source, batch: Batch) -> Tensor:
    """(B, H, W) float32, finite and at least 0: the maps that `source` gives for `batch`.

    A map with NaN or infinite values is replaced by zeros; each method defines what it does then.
    Values below 0 become 0. No value is read on the host, so a GPU need not wait. Raises InputError
    if the maps have another shape.
    """
    maps = source(batch)
    expected = (len(batch), *batch.images.shape[-2:])
    if tuple(maps.shape) != expected:
        raise InputError(f"saliency: shape must be (B, H, W) = {expected}, got {tuple(maps.shape)}")
    return finite_or_zeros(maps.float()).clamp(min=0)


def finite_or_zeros(maps: Tensor) -> Tensor:
    """(B, ...): samples with NaN or infinite values become zeros; the others stay."""
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
    """(B,) -> (B, 1, 1, 1), which broadcasts against images."""
    return values[:, None, None, None]
