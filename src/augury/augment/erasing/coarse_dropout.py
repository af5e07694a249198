"""Coarse dropout, as Albumentations' `CoarseDropout`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation, check_probability, check_range
from augury.augment.shared.boxes import rectangle_mask
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.kernels.steps import Fill, Step
from augury.rng import Draws

# A hole is a step of its own for compiled loops, and a pass over the images for the plain path.
_MOST = 100


@dataclass(frozen=True)
class CoarseDropoutParams:
    """count: (B,) int64, the holes of each image, the first of its row; 0 if it is left alone.

    top, left, height, width: (B, most holes) int64, pixels; within the image.
    """

    count: Tensor
    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor


class CoarseDropout(Augmentation[CoarseDropoutParams]):
    """Set several small rectangles of an image to zero.

    holes: range of their number, both ends included, within [1, 100]; uniform.
    height, width: ranges of their sides as shares of the image's; uniform, independent, rounded to
        whole pixels, at least one.
    p: probability that an image gets holes.

    A hole lies within the image, and all its places are equally likely; holes may overlap. All
    defaults are those of Albumentations 2, which cuts the sides to whole pixels.
    """

    def __init__(
        self,
        holes: tuple[int, int] = (1, 2),
        height: tuple[float, float] = (0.1, 0.2),
        width: tuple[float, float] = (0.1, 0.2),
        p: float = 0.5,
    ) -> None:
        check_range("holes", holes, 1, _MOST)
        if any(end != int(end) for end in holes):
            raise InputError(f"holes: must be whole numbers, got {holes}")
        check_range("height", height, 0, 1)
        check_range("width", width, 0, 1)
        check_probability("p", p)
        self.holes, self.height, self.width, self.p = holes, height, width, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(
            self,
            height=tuple(end * strength for end in self.height),
            width=tuple(end * strength for end in self.width),
        )

    def sample(self, batch: Batch, draws: Draws) -> CoarseDropoutParams:
        rows, columns = batch.images.shape[-2:]
        fewest, most = (int(end) for end in self.holes)
        u = draws.uniform("coarse-dropout", 2 + 4 * most).double()
        # Four numbers a hole, so that more holes leave the first ones where they are.
        tall, wide, down, right = u[:, 2:].view(-1, most, 4).unbind(2)
        height, width = _sides(tall, self.height, rows), _sides(wide, self.width, columns)
        count = fewest + (u[:, 1] * (most - fewest + 1)).long()
        return CoarseDropoutParams(
            count=count.masked_fill(u[:, 0] >= self.p, 0),
            top=(down * (rows - height + 1)).long(),
            left=(right * (columns - width + 1)).long(),
            height=height,
            width=width,
        )

    def apply(self, batch: Batch, params: CoarseDropoutParams) -> Batch:
        size = batch.images.shape[-2:]
        inside = torch.zeros((len(batch), *size), dtype=torch.bool, device=batch.images.device)
        for box, chosen in _holes(params):
            inside = inside | (rectangle_mask(*box, size) & chosen[:, None, None])
        return batch.with_images(batch.images.masked_fill(inside[:, None], 0))

    def steps(self, params: CoarseDropoutParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return tuple(Fill(*box, value=0, chosen=chosen) for box, chosen in _holes(params))


def _holes(
    params: CoarseDropoutParams,
) -> Iterator[tuple[tuple[Tensor, Tensor, Tensor, Tensor], Tensor]]:
    """For each hole top, left, height and width, (B,) each, and the images that have it, (B,)."""
    for i in range(params.top.shape[1]):
        box = params.top[:, i], params.left[:, i], params.height[:, i], params.width[:, i]
        yield box, params.count > i


def _sides(u: Tensor, share: tuple[float, float], whole: int) -> Tensor:
    """int64: pixels, at least one, from uniform numbers."""
    return ((share[0] + (share[1] - share[0]) * u) * whole).round().long().clamp(min=1)
