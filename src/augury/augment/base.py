"""The base class: `sample` turns draws into params, `apply` turns params into pixels.

What `apply` does can also be said in `steps`, which compiled loops take (`augury.kernels`).
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any, Generic, Self, TypeVar

import torch
from torch import Tensor

from augury.augment.compiled import LaterMove, moves_pixels
from augury.batch import Batch, check_batch, normalized
from augury.errors import InputError
from augury.kernels.run import run_steps
from augury.kernels.steps import Scale, Step
from augury.kernels.threads import one_thread
from augury.rng import Draws

Params = TypeVar("Params")

# Gives saliency maps for a batch: from a network, a filter or a store.
Source = Callable[[Batch], Tensor]

# A class that changes one of these without `steps` has no steps: they would not be its own.
_DESCRIBED = {"sample", "apply", "run", "left_alone", "matrix", "locate"}


class Augmentation(ABC, Generic[Params]):
    """One method. Calling it samples and applies: `batch = Cutout()(batch, draws)`.

    `sample` returns a frozen dataclass of tensors whose first dimension is B, drawn per sample
    from `draws` and from nothing else. `apply` is deterministic and mutates nothing, so tests and
    figures can pass params of their choice. The constructor keeps each argument as an attribute of
    the same name, so that an augmentation can be written to a file.
    `mixes`: whether an image's result depends on the other images of its batch.
    `frames`: whether it cuts its view from a larger image. Then it takes `size`, the (height,
    width) of the view in pixels, None for those of the input; no other method changes the size.
    `only_color`: whether it changes nothing but color, so that images of one channel stay as they
    are.
    `takes_extents`: whether it looks for pictures within their images where a batch has `extents`;
    no other method can be given such a batch.
    """

    mixes: bool = False
    frames: bool = False
    only_color: bool = False
    takes_extents: bool = False

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

    def steps(self, params: Params, size: tuple[int, int]) -> tuple[Step, ...] | None:
        """What compiled loops do in place of `apply`; None where they cannot.

        size: (height, width). A method with steps samples from shapes and ids alone, not from
        pixels; its result has the dtype, the targets and the moves of `apply`.
        """
        return None

    def strengthened(self, strength: float) -> Self:
        """A new one that changes images `strength` times as much, over 0; `STRENGTHS` says how.

        Raises InputError where that has no meaning, or leads beyond the range of an argument.
        """
        raise InputError("has no strength; `augury list strengths` names the methods that have one")

    def operations(self) -> dict[str, bool]:
        """What it may do to an image, by name, and of each whether it is `only_color`.

        A method that does one thing has one, itself. One that chooses, or does several, has those
        of its choices or parts, each name once.
        """
        words = re.findall("[A-Z][^A-Z]*", type(self).__name__)
        return {"-".join(words).lower(): self.only_color}

    @property
    def has_steps(self) -> bool:
        """Whether `steps` are those of this very class."""
        for cls in type(self).__mro__:
            if "steps" in vars(cls):
                return cls is not Augmentation
            if _DESCRIBED & vars(cls).keys():
                return False
        return False

    def run(self, batch: Batch, draws: Draws, scale: Scale | None = None) -> Batch:
        """Sample and apply, without checking the input first.

        scale: how the resulting images are normalized at the end, which makes them float32 outside
        of [0, 1].
        """
        device = batch.images.device
        with one_thread(device) if self.has_steps else nullcontext():
            params = self.sample(batch, draws)
        return self.applied(batch, params, scale)

    def applied(self, batch: Batch, params: Params, scale: Scale | None = None) -> Batch:
        """The batch that `params` describe, as from `apply`: by compiled loops where they can."""
        found = self._by_steps(batch, params, scale) if self.has_steps else None
        if found is not None:
            return found
        found = self.apply(batch, params)
        return found if scale is None else found.with_images(normalized(found.images, *scale))

    def _by_steps(self, batch: Batch, params: Params, scale: Scale | None) -> Batch | None:
        """The same by compiled loops; None where they cannot."""
        height, width = batch.images.shape[-2:]
        with one_thread(batch.images.device):
            steps = self.steps(params, (height, width))
        images = None if steps is None else run_steps(batch.images, steps, scale)
        if steps is None or images is None:
            return None
        if not moves_pixels(steps):
            return batch.with_images(images)
        return batch.moved(images, LaterMove(self.apply, params))

    def __call__(self, batch: Batch, draws: Draws, scale: Scale | None = None) -> Batch:
        """The augmented batch; InputError where `batch` breaks its contract.

        scale: how the images are normalized at the end; None leaves them in [0, 1].
        """
        if not torch.compiler.is_compiling():
            batch = check_batch(batch)
        if batch.extents is not None and not self.takes_extents:
            raise InputError(
                "extents: pictures that do not fill their images must be cut from them first, by "
                "random-resized-crop, resize-crop or center-crop"
            )
        # The caller's autocast would compute pixels in half precision, to three digits.
        with torch.autocast(batch.images.device.type, enabled=False):
            return self.run(batch, draws) if scale is None else self.run(batch, draws, scale)


def operations_of(parts: Iterable[Augmentation[Any]]) -> dict[str, bool]:
    """The `operations` of all `parts`."""
    return {name: color for part in parts for name, color in part.operations().items()}


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
