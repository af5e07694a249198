"""Cutout (DeVries & Taylor, "Improved Regularization of CNNs with Cutout", 2017)."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation
from augury.augment.shared.boxes import rectangle_mask
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.kernels.steps import Fill, Step
from augury.rng import Draws


@dataclass(frozen=True)
class CutoutParams:
    """row, column: (B,) int64, the center of each image's square, anywhere in the image."""

    row: Tensor
    column: Tensor


class Cutout(Augmentation[CutoutParams]):
    """Set one square of every image to zero.

    length: the square's side as a share of the image's shorter side; the default ½ is the paper's
        16 of 32 pixels for CIFAR-10.

    The center is uniform over the pixels and the square is clipped at the border, as in the
    authors' code, so that less than the whole square may be cut. Their zero comes after
    normalization and is the mean color; ours comes before and is black.
    """

    def __init__(self, length: float = 0.5) -> None:
        if not 0 < length <= 2:
            raise InputError(f"length: must lie in (0, 2], got {length}")
        self.length = length

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, length=self.length * strength)

    def sample(self, batch: Batch, draws: Draws) -> CutoutParams:
        rows, columns = batch.images.shape[-2:]
        u = draws.uniform("cutout", 2).double()
        return CutoutParams(row=(u[:, 0] * rows).long(), column=(u[:, 1] * columns).long())

    def apply(self, batch: Batch, params: CutoutParams) -> Batch:
        height, width = batch.images.shape[-2:]
        half = self._half((height, width))
        side = torch.full_like(params.row, 2 * half)
        inside = rectangle_mask(
            params.row - half, params.column - half, side, side, (height, width)
        )
        return batch.with_images(batch.images.masked_fill(inside[:, None], 0))

    def steps(self, params: CutoutParams, size: tuple[int, int]) -> tuple[Step, ...]:
        half = self._half(size)
        side = torch.full_like(params.row, 2 * half)
        return (Fill(params.row - half, params.column - half, side, side, value=0),)

    def _half(self, size: tuple[int, int]) -> int:
        return max(1, round(self.length * min(size) / 2))
