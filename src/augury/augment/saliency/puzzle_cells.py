"""Images cut into cells: pixel row i lies in cell row ⌊i · rows / height⌋; columns likewise."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from augury.augment.saliency.importance import span_sums
from augury.kernels.constants import constant

Size = tuple[int, int]


def cell_means(whole: Tensor, cells: Size) -> Tensor:
    """(..., H, W) int64 -> (..., rows, columns) float64: the mean of each cell."""
    top, left = (
        constant(tuple(_starts(pixels, parts)), torch.int64, whole.device)
        for pixels, parts in zip(whole.shape[-2:], cells, strict=True)
    )
    sums = span_sums(whole, whole.ndim - 2, top[:-1], top[1:])
    sums = span_sums(sums, whole.ndim - 1, left[:-1], left[1:])
    return sums.double() / (top.diff()[:, None] * left.diff())


def finer(cells: Size, size: Size, pixels: int, most: int) -> Size:
    """(rows, columns) of a finer grid, whose parts have `pixels` pixels along each side.

    Parts are larger if a cell cannot be divided like that, or if the grid would have more than
    `most` parts along a side; a smaller cell is one part. size: (height, width) of the image.
    """
    parts = [
        n * max(1, min(side // n // pixels, most // n)) for n, side in zip(cells, size, strict=True)
    ]
    return parts[0], parts[1]


@dataclass(frozen=True)
class Cut:
    """Images of one size, each cut into one of several grids.

    row: (B, H) and column: (B, W) int64, the row and the column of each pixel's cell.
    top: (B, R + 1) and left: (B, C + 1) int64, the first pixel of each row and column of cells.
        R × C is the largest grid; in smaller grids the missing rows and columns begin at H and W.
    """

    row: Tensor
    column: Tensor
    top: Tensor
    left: Tensor

    @classmethod
    def of(cls, size: Size, grids: Sequence[Size], choice: Tensor) -> "Cut":
        """Cut images of `size` (height, width) pixels; choice: (B,) int64, an index of `grids`."""
        row, top = _cut(size[0], [rows for rows, _ in grids], choice)
        column, left = _cut(size[1], [columns for _, columns in grids], choice)
        return cls(row, column, top, left)

    def spread(self, values: Tensor) -> Tensor:
        """(B, R, C) -> (B, H, W): each pixel gets its cell's value."""
        return _look_up(values, self.row, self.column)

    def first_pixels(self, values: Tensor) -> Tensor:
        """(B, H, W) -> (B, R, C): each cell gets the value of its first pixel, or -1."""
        height, width = values.shape[1:]
        top, left = self.top[:, :-1], self.left[:, :-1]
        found = _look_up(values, top.clamp(max=height - 1), left.clamp(max=width - 1))
        there = (top < height)[:, :, None] & (left < width)[:, None, :]
        return torch.where(there, found, -1)

    def moved_pixels(self, cells: Tensor) -> Tensor:
        """The source of each pixel, (B, H, W) int64 as row · W + column.

        cells: (B, R, C) int64, the source of each cell as row · C + column. A cell that is one
        pixel narrower than its new place repeats its last row or column.
        """
        columns = cells.shape[2]
        source = self.spread(cells)
        y = _moved(self.top, source // columns, _offset(self.top, self.row)[:, :, None])
        x = _moved(self.left, source % columns, _offset(self.left, self.column)[:, None, :])
        return y * self.column.shape[1] + x


def _starts(pixels: int, parts: int) -> list[int]:
    """The first pixel of each part, and `pixels`."""
    return [-(-k * pixels // parts) for k in range(parts + 1)]


def _cut(pixels: int, parts: list[int], choice: Tensor) -> tuple[Tensor, Tensor]:
    most = max(parts)
    place = tuple(tuple(i * n // pixels for i in range(pixels)) for n in parts)
    first = tuple((*_starts(pixels, n), *[pixels] * (most - n)) for n in parts)
    places, firsts = (constant(each, torch.int64, choice.device) for each in (place, first))
    return places[choice], firsts[choice]


def _look_up(values: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """values (B, ., .), rows (B, R), columns (B, C) -> (B, R, C)."""
    samples = torch.arange(len(values), device=values.device)[:, None, None]
    return values[samples, rows[:, :, None], columns[:, None, :]]


def _offset(starts: Tensor, part: Tensor) -> Tensor:
    """(B, pixels): the distance of each pixel of a side from the start of its part."""
    return torch.arange(part.shape[1], device=part.device) - starts.gather(1, part)


def _moved(starts: Tensor, source: Tensor, offset: Tensor) -> Tensor:
    """(B, H, W): along one side, pixel `offset` of part `source`, at most the part's last one."""
    flat = source.flatten(1)
    start, end = starts.gather(1, flat), starts.gather(1, flat + 1)
    return torch.minimum(start.view_as(source) + offset, end.view_as(source) - 1)
