"""Random erasing (Zhong et al., "Random Erasing Data Augmentation", AAAI 2020)."""

import math
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
from augury.kernels.stream import Stream
from augury.rng import Draws

# A rectangle that does not fit is drawn again; all tries are drawn at once. On square images, with
# the defaults, under 4 % do not fit: after ten tries 1 image in 10^14 has no rectangle.
_TRIES = 10


@dataclass(frozen=True)
class RandomErasingParams:
    """erase: (B,) bool; top, left, height, width: (B,) int64, pixels.

    fill: (B, C, H, W) uint8, what each rectangle uncovers; or the stream whose first C·H·W bytes
    these are, so that only those within the rectangles need to be drawn.
    """

    erase: Tensor
    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor
    fill: Tensor | Stream


class RandomErasing(Augmentation[RandomErasingParams]):
    """Replace one rectangle of an image by random pixels.

    p: probability that an image is erased.
    area: range of the rectangle's share of the image; uniform.
    aspect: range of height / width; log-uniform, as torchvision and timm draw it, so that tall and
        wide are equally likely (the authors' code draws it uniformly).

    A rectangle that does not fit into the image is drawn again, up to ten times, as in the
    authors' code (which tries a hundred times); each pixel and channel of the rectangle gets a
    value of its own, uniform in 0..255 (the authors' code fills with the mean color, and its
    rectangle is lower and narrower than the image). Defaults: the paper's p and area; its aspect
    range.
    """

    def __init__(
        self,
        p: float = 0.5,
        area: tuple[float, float] = (0.02, 0.4),
        aspect: tuple[float, float] = (0.3, 1 / 0.3),
    ) -> None:
        check_probability("p", p)
        check_range("area", area, 0, 1)
        check_range("aspect", aspect, 0, math.inf)
        if aspect[0] == 0:
            raise InputError(f"aspect: must be over 0, got {aspect}")
        self.p, self.area, self.aspect = p, area, aspect

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, area=tuple(end * strength for end in self.area))

    def sample(self, batch: Batch, draws: Draws) -> RandomErasingParams:
        rows, columns = batch.images.shape[-2:]
        u = draws.uniform("random-erasing", 3 + 2 * _TRIES).double()
        height, width = self._sizes(u[:, 3 : 3 + _TRIES], u[:, 3 + _TRIES :], rows, columns)
        fits = (height >= 1) & (height <= rows) & (width >= 1) & (width <= columns)
        first = fits.int().argmax(dim=1, keepdim=True)
        height, width = height.gather(1, first)[:, 0], width.gather(1, first)[:, 0]
        return RandomErasingParams(
            erase=(u[:, 0] < self.p) & fits.any(dim=1),
            top=(u[:, 1] * (rows - height + 1)).long(),
            left=(u[:, 2] * (columns - width + 1)).long(),
            height=height,
            width=width,
            fill=draws.stream("random-erasing fill"),
        )

    def _sizes(self, u: Tensor, v: Tensor, rows: int, columns: int) -> tuple[Tensor, Tensor]:
        """Heights and widths in pixels, from uniform numbers; computed in float64."""
        area = (self.area[0] + (self.area[1] - self.area[0]) * u) * (rows * columns)
        low, high = math.log(self.aspect[0]), math.log(self.aspect[1])
        aspect = torch.exp(low + (high - low) * v)
        return (area * aspect).sqrt().round().long(), (area / aspect).sqrt().round().long()

    def apply(self, batch: Batch, params: RandomErasingParams) -> Batch:
        inside = rectangle_mask(
            params.top, params.left, params.height, params.width, batch.images.shape[-2:]
        )
        inside = inside & params.erase[:, None, None]
        fill = params.fill
        if isinstance(fill, Stream):
            fill = fill.bytes(batch.images.shape[1:].numel()).view_as(batch.images)
        if batch.images.is_floating_point():
            fill = fill.to(batch.images.dtype) / 255
        return batch.with_images(torch.where(inside[:, None], fill, batch.images))

    def steps(self, params: RandomErasingParams, size: tuple[int, int]) -> tuple[Step, ...]:
        box = (params.top, params.left, params.height, params.width)
        return (Fill(*box, value=params.fill, chosen=params.erase),)
