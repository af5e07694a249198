"""Random crop after padding (He et al., "Deep residual learning", CVPR 2016, section 4.2)."""

from dataclasses import dataclass
from functools import partial
from typing import Self

import torch
from torch import Tensor

from augury.augment.geometry.resampling import Geometric, shift
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.kernels.steps import Step, Window
from augury.rng import Draws


@dataclass(frozen=True)
class CropParams:
    """down, right: (B,) int64, pixels by which each window is moved; black beyond the image."""

    down: Tensor
    right: Tensor


class Crop(Geometric[CropParams]):
    """Pad each image with black and cut a window of the old size from anywhere in it.

    padding: on each side, as a share of that side; the default 1/8 is the usual padding for
        CIFAR-10, 4 of 32 pixels. All whole positions are equally likely.
    Outside a chain it moves whole pixels and keeps their values and dtype.
    """

    border = "black"

    def __init__(self, padding: float = 0.125) -> None:
        if not 0 < padding <= 1:
            raise InputError(f"padding: must lie in (0, 1], got {padding}")
        self.padding = padding

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, padding=self.padding * strength)

    def sample(self, batch: Batch, draws: Draws) -> CropParams:
        u = draws.uniform("crop", 2).double()
        reach = [round(self.padding * side) for side in batch.images.shape[-2:]]
        down, right = ((u[:, i] * (2 * n + 1)).long() - n for i, n in enumerate(reach))
        return CropParams(down, right)

    def matrix(self, params: CropParams, size: tuple[int, int]) -> Tensor:
        return shift(params.down, params.right)

    def steps(self, params: CropParams, size: tuple[int, int]) -> tuple[Step, ...]:
        still = torch.zeros_like(params.down, dtype=torch.bool)
        return (Window(still, still, params.down, params.right),)

    def apply(self, batch: Batch, params: CropParams) -> Batch:
        move = partial(_window, params=params)
        return batch.moved(move(batch.images), move)


def _window(images: Tensor, params: CropParams) -> Tensor:
    for dim, moved in ((2, params.down), (3, params.right)):
        source = torch.arange(images.shape[dim], device=images.device) + moved[:, None]
        inside = (source >= 0) & (source < images.shape[dim])
        shape = [len(images), 1, 1, 1]
        shape[dim] = images.shape[dim]
        rows = source.clamp(0, images.shape[dim] - 1).view(shape).expand_as(images)
        images = images.gather(dim, rows).masked_fill(~inside.view(shape), 0)
    return images
