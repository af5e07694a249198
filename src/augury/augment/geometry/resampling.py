"""Geometry: operations that map output to input pixels, and one resampling for several."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from augury.augment.base import Augmentation, Params, per_image
from augury.batch import Batch, to_float
from augury.kernels.steps import Affine, Resample


@dataclass(frozen=True)
class Points:
    """Input coordinates of output pixels, relative to the image's center ((H-1)/2, (W-1)/2).

    y, x: pixels, (B, H, W) or a shape that broadcasts to it. cover: in [0, 1], the share of the
    pixel that lies inside the image, the rest is black; None where all pixels lie inside.
    """

    y: Tensor
    x: Tensor
    cover: Tensor | None = None


class Geometric(Augmentation[Params]):
    """An augmentation that moves pixels. A `Chain` resamples once for neighbors of this kind.

    `matrix` maps coordinates of output pixels to input pixels; `border` says what lies beyond the
    image: its nearest pixel, or black. Interpolation is bilinear; returns float32 (float64 for
    float64).
    """

    border: str = "nearest"

    def left_alone(self, params: Params) -> Tensor | None:
        """(B,) bool: the images that are not chosen and stay as they are; None if all are."""
        return None

    @abstractmethod
    def matrix(self, params: Params, size: tuple[int, int]) -> Tensor:
        """(B, 2, 2) or (B, 2, 3): from coordinates of the output to those of the input.

        Rows give y and x, in pixels relative to the center; size: (height, width) of the image.
        """

    def apply(self, batch: Batch, params: Params) -> Batch:
        return resample(batch, [self], [params])


def resample(batch: Batch, parts: Sequence[Geometric[Any]], params: Sequence[Any]) -> Batch:
    """Apply `parts` in order in a single bilinear resampling.

    Coordinates are the same as in one step after the other, borders included, but pixels are
    interpolated once; separate steps would blur them each time. Images that no part has chosen keep
    their pixels bit for bit: resampling would change the last bits of float32.
    """
    height, width = batch.images.shape[-2:]
    size = (height, width)
    points = pixel_centers(batch.images)
    for i in reversed(range(len(parts))):
        points = affine(points, parts[i].matrix(params[i], size))
        # The first part reads the image itself, and `read` repeats the nearest pixel anyway.
        if i or parts[i].border == "black":
            points = bounded(points, size, parts[i].border)
    return read_at(batch, points, _left_alone(parts, params))


def read_at(batch: Batch, points: Points, left_alone: Tensor | None) -> Batch:
    """The batch with its images read at `points`; those of `left_alone` (B,) keep every bit."""
    move = partial(_read_moved, points=points, left_alone=left_alone)
    return batch.moved(move(to_float(batch.images)).clamp_(0, 1), move)


def resampling(
    parts: Sequence[Geometric[Any]], params: Sequence[Any], size: tuple[int, int]
) -> Resample:
    """`resample` as a step for compiled loops."""
    affines = tuple(
        Affine(_two_by_three(part.matrix(drawn, size)), part.border)
        for part, drawn in zip(parts, params, strict=True)
    )
    return Resample(affines, _left_alone(parts, params))


def _two_by_three(matrix: Tensor) -> Tensor:
    """(B, 2, 3) float32: shifts of 0 are added where there are none."""
    return F.pad(matrix.float(), (0, 3 - matrix.shape[2]))


def _left_alone(parts: Sequence[Geometric[Any]], params: Sequence[Any]) -> Tensor | None:
    """(B,) bool: the images that no part has chosen; None if some part chooses all."""
    still: Tensor | None = None
    for part, drawn in zip(parts, params, strict=True):
        alone = part.left_alone(drawn)
        if alone is None:
            return None
        still = alone if still is None else still & alone
    return still


def _read_moved(images: Tensor, points: Points, left_alone: Tensor | None) -> Tensor:
    found = read(images, points)
    return found if left_alone is None else torch.where(per_image(left_alone), images, found)


def affine(points: Points, matrix: Tensor) -> Points:
    """`points` times a (B, 2, 2) or (B, 2, 3) matrix; its rows give y and x."""
    rows = matrix.float()[:, :, :, None, None]
    y = rows[:, 0, 0] * points.y + rows[:, 0, 1] * points.x
    x = rows[:, 1, 0] * points.y + rows[:, 1, 1] * points.x
    if matrix.shape[2] == 3:
        y, x = y + rows[:, 0, 2], x + rows[:, 1, 2]
    return Points(y, x, points.cover)


def scaling(rows: Tensor, columns: Tensor) -> Tensor:
    """(B, 2, 2): the matrix that multiplies y by `rows` and x by `columns`, (B,) each."""
    zero = torch.zeros_like(rows)
    return torch.stack((rows, zero, zero, columns), dim=1).view(-1, 2, 2)


def shift(down: Tensor, right: Tensor) -> Tensor:
    """(B, 2, 3): the matrix that adds `down` to y and `right` to x, (B,) pixels each."""
    one, zero = torch.ones_like(down), torch.zeros_like(down)
    return torch.stack((one, zero, down, zero, one, right), dim=1).view(-1, 2, 3)


def pixel_centers(images: Tensor) -> Points:
    """The coordinates of the pixels of `images`."""
    height, width = images.shape[-2:]
    y = torch.arange(height, device=images.device) - (height - 1) / 2
    x = torch.arange(width, device=images.device) - (width - 1) / 2
    return Points(y[None, :, None], x[None, None, :])


def bounded(points: Points, size: tuple[int, int], border: str) -> Points:
    """`points` clipped to the image; with a black border also the share of each pixel inside."""
    inside, cover = [], points.cover
    for where, side in ((points.y, size[0]), (points.x, size[1])):
        edge = (side - 1) / 2
        inside.append(where.clamp(-edge, edge))
        if border == "black":
            # Bilinear weight of the image; the rest is the black beyond its last pixel.
            share = (1 + edge - where.abs()).clamp(0, 1)
            cover = share if cover is None else cover * share
    return Points(inside[0], inside[1], cover)


def read(images: Tensor, points: Points) -> Tensor:
    """(B, C, H, W) float: `images` read at `points`, bilinear."""
    size = (len(images), *images.shape[-2:])
    axes = [
        (where * (2 / max(side - 1, 1))).expand(size)
        for where, side in ((points.x, size[2]), (points.y, size[1]))
    ]
    # The points lie inside; "border" covers rounding errors at the edge.
    grid = torch.stack(axes, dim=-1).to(images.dtype)
    found = F.grid_sample(images, grid, "bilinear", padding_mode="border", align_corners=True)
    return found if points.cover is None else found * points.cover.expand(size)[:, None]
