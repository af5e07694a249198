"""ResizeMix (Qin et al., "ResizeMix: Mixing Data with Preserved Object Information", 2020)."""

from dataclasses import dataclass
from functools import partial
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from augury.augment.base import Augmentation, check_probability, check_range
from augury.augment.mixing.partners import draw_partners
from augury.augment.shared.boxes import rectangle_mask, share_outside
from augury.augment.strength import with_arguments
from augury.batch import Batch, to_float
from augury.rng import Draws


@dataclass(frozen=True)
class ResizeMixParams:
    """partner: (B,) int64, rows of the batch; top, left, height, width: (B,) int64, pixels.

    The box lies within the image; it is empty for images into which nothing is pasted.
    """

    partner: Tensor
    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor


class ResizeMix(Augmentation[ResizeMixParams]):
    """Paste another image, shrunk but whole, into each; targets by the area that it covers.

    scale: range of the factor τ by which both sides are shrunk, within [0, 1]; uniform. The
        default is the paper's (0.1, 0.8), there called α and β.
    p: probability that an image gets a pasted one; 1 in the paper.

    Sides are rounded to whole pixels, at least one; all positions where the shrunk image fits are
    equally likely. Deviations from the authors' code: the image is shrunk bilinearly without
    antialiasing, like PyTorch's `interpolate` (theirs: nearest pixel), τ is drawn per image
    (theirs: one per batch), and no image is its own partner. Returns float32.
    """

    mixes = True

    def __init__(self, scale: tuple[float, float] = (0.1, 0.8), p: float = 1.0) -> None:
        check_range("scale", scale, 0, 1)
        check_probability("p", p)
        self.scale, self.p = scale, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, p=self.p * strength)

    def sample(self, batch: Batch, draws: Draws) -> ResizeMixParams:
        rows, columns = batch.images.shape[-2:]
        u = draws.uniform("resizemix", 4).double()
        scale = self.scale[0] + (self.scale[1] - self.scale[0]) * u[:, 1]
        whole = u[:, 0] >= self.p
        height, width = (
            (scale * side).round().long().clamp(min=1).masked_fill(whole, 0)
            for side in (rows, columns)
        )
        return ResizeMixParams(
            partner=draw_partners(draws, "resizemix"),
            top=(u[:, 2] * (rows - height + 1)).long(),
            left=(u[:, 3] * (columns - width + 1)).long(),
            height=height,
            width=width,
        )

    def apply(self, batch: Batch, params: ResizeMixParams) -> Batch:
        own = share_outside(_covered(batch.images, params)).to(batch.targets.dtype)[:, None]
        targets = torch.lerp(batch.targets[params.partner], batch.targets, own)
        move = partial(_paste, params=params)
        return batch.moved(move(to_float(batch.images)).clamp_(0, 1), move, targets)


def _paste(images: Tensor, params: ResizeMixParams) -> Tensor:
    size = (len(images), *images.shape[-2:])
    y = _places(params.top, params.height, size[1])[:, :, None].expand(size)
    x = _places(params.left, params.width, size[2])[:, None, :].expand(size)
    shrunk = F.grid_sample(
        images[params.partner],
        torch.stack((x, y), dim=-1).to(images.dtype),
        "bilinear",
        padding_mode="border",
        align_corners=False,
    )
    return torch.where(_covered(images, params)[:, None], shrunk, images)


def _places(start: Tensor, length: Tensor, side: int) -> Tensor:
    """(B, side) float64: coordinates in the partner, whose edges are at -1 and 1."""
    center = torch.arange(side, device=start.device, dtype=torch.float64) + 0.5
    # At least 1 avoids a division by zero for an empty box, which is never read.
    return (center - start[:, None]) * (2 / length.clamp(min=1).double())[:, None] - 1


def _covered(images: Tensor, params: ResizeMixParams) -> Tensor:
    size = images.shape[-2:]
    return rectangle_mask(params.top, params.left, params.height, params.width, size)
