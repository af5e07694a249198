"""Random resized crop (Szegedy et al., "Going deeper with convolutions", CVPR 2015)."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation, check_range
from augury.augment.geometry.antialiasing import Boxes, resized_boxes
from augury.augment.geometry.frame import Size, check_size, size_of_view
from augury.augment.geometry.pictures import pictures_in
from augury.augment.strength import away_from, with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws

# As in torchvision; all tries are drawn at once, and the first box that fits is taken.
_TRIES = 10


@dataclass(frozen=True)
class RandomResizedCropParams(Boxes):
    """The box that is cut from each image; see `Boxes`."""


class RandomResizedCrop(Augmentation[RandomResizedCropParams]):
    """Cut a box of random area and shape from each image and resize it; bilinear, float32.

    scale: range of the box's share of the image; uniform.
    ratio: range of width / height; log-uniform.
    size: (height, width) of the result in pixels; None for those of the input.

    Where a box does not fit into the image, the next is tried; after ten the largest centered box
    whose shape lies in `ratio` is taken. A box that shrinks is antialiased. All this, and the
    defaults, are torchvision's `RandomResizedCrop` (v2); the paper gives the ranges alone. Where a
    batch has `extents`, each picture counts as the image.
    """

    frames = True
    takes_extents = True

    def __init__(
        self,
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3 / 4, 4 / 3),
        size: Size = None,
    ) -> None:
        check_range("scale", scale, 0, 1)
        check_range("ratio", ratio, 0, math.inf)
        for name, value in (("scale", scale), ("ratio", ratio)):
            if value[0] == 0:
                raise InputError(f"{name}: must be over 0, got {value}")
        check_size(size)
        self.scale, self.ratio, self.size = scale, ratio, size

    def strengthened(self, strength: float) -> Self:
        return with_arguments(
            self,
            scale=tuple(away_from(end, 1, strength) for end in self.scale),
            ratio=tuple(end**strength for end in self.ratio),
        )

    def sample(self, batch: Batch, draws: Draws) -> RandomResizedCropParams:
        picture = pictures_in(batch)
        rows, columns = picture.height, picture.width
        u = draws.uniform("random-resized-crop", 2 + 2 * _TRIES).double()
        height, width = self._tried(u[:, 2 : 2 + _TRIES], u[:, 2 + _TRIES :], rows * columns)
        fits = (height >= 1) & (height <= rows[:, None])
        fits &= (width >= 1) & (width <= columns[:, None])
        first, none = fits.int().argmax(dim=1, keepdim=True), ~fits.any(dim=1)
        tall, wide = self._central(rows, columns)
        height = torch.where(none, tall, height.gather(1, first)[:, 0])
        width = torch.where(none, wide, width.gather(1, first)[:, 0])
        top, left = (u[:, 0] * (rows - height + 1)).long(), (u[:, 1] * (columns - width + 1)).long()
        return RandomResizedCropParams(
            top=picture.top + torch.where(none, (rows - tall) // 2, top),
            left=picture.left + torch.where(none, (columns - wide) // 2, left),
            height=height,
            width=width,
        )

    def _tried(self, u: Tensor, v: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Heights and widths in pixels, (B, tries), from uniform numbers; computed in float64.

        pixels: (B,) int64, of each picture.
        """
        area = (self.scale[0] + (self.scale[1] - self.scale[0]) * u) * pixels[:, None]
        low, high = math.log(self.ratio[0]), math.log(self.ratio[1])
        ratio = torch.exp(low + (high - low) * v)
        return (area / ratio).sqrt().round().long(), (area * ratio).sqrt().round().long()

    def _central(self, rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
        """Height and width, (B,), of the box that is taken where none has fit."""
        narrow, wide = self.ratio
        ratio = columns.double() / rows
        height = (columns.double() / narrow).round().clamp(min=1).long()
        width = (rows.double() * wide).round().clamp(min=1).long()
        return torch.where(ratio < narrow, height, rows), torch.where(ratio > wide, width, columns)

    def apply(self, batch: Batch, params: RandomResizedCropParams) -> Batch:
        move = partial(resized_boxes, boxes=params, size=size_of_view(self.size, batch.images))
        return batch.moved(move(batch.images).clamp_(0, 1), move)
