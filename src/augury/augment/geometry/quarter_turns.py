"""Turn images by quarters, as Albumentations' `RandomRotate90` and `torch.rot90`."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from augury.augment.base import per_image
from augury.augment.geometry.flip import FlipParams, mirror
from augury.augment.geometry.resampling import Geometric
from augury.batch import Batch
from augury.rng import Draws


@dataclass(frozen=True)
class QuarterTurnsParams:
    """turns: (B,) int64 in 0..3, quarters counterclockwise; only 0 and 2 where sides differ."""

    turns: Tensor


class QuarterTurns(Geometric[QuarterTurnsParams]):
    """Turn each image by 0, 90, 180 or 270 degrees, all equally likely.

    Images whose height and width differ are turned by 0 or 180 degrees, equally likely, because a
    batch has one size. It moves whole pixels, keeps their values and dtype, and never reads beyond
    the border.
    """

    def sample(self, batch: Batch, draws: Draws) -> QuarterTurnsParams:
        u = draws.uniform("quarter-turns", 1)[:, 0]
        height, width = batch.images.shape[-2:]
        return QuarterTurnsParams((u * 4).long() if height == width else (u * 2).long() * 2)

    def left_alone(self, params: QuarterTurnsParams) -> Tensor | None:
        return params.turns == 0

    def matrix(self, params: QuarterTurnsParams, size: tuple[int, int]) -> Tensor:
        quarter = [(params.turns == k).float() for k in range(4)]
        cos, sin = quarter[0] - quarter[2], quarter[1] - quarter[3]
        return torch.stack((cos, sin, -sin, cos), dim=1).view(-1, 2, 2)

    def apply(self, batch: Batch, params: QuarterTurnsParams) -> Batch:
        move = partial(_turned, turns=params.turns)
        return batch.moved(move(batch.images), move)


def _turned(images: Tensor, turns: Tensor) -> Tensor:
    if images.shape[2] == images.shape[3]:
        odd = per_image(turns % 2 == 1)
        images = torch.where(odd, images.transpose(2, 3), images)
    # After transposing, one quarter is rows in reverse, and three are columns in reverse.
    return mirror(images, FlipParams(turns >= 2, (turns == 1) | (turns == 2)))
