"""Boxes of images, each resized to one size: bilinear, and antialiased where they shrink.

The filter is that of Pillow and of torchvision's `resize(antialias=True)`: a triangle whose width
grows with the shrinking, so that every pixel of the box counts; beyond the box nothing is read.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from augury.batch import to_float
from augury.kernels.run import sum_taps
from augury.kernels.steps import Taps


@dataclass(frozen=True)
class Boxes:
    """One box in each image; (B,) int64, pixels, not empty and within the image."""

    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor


def resized_boxes(images: Tensor, boxes: Boxes, size: tuple[int, int]) -> Tensor:
    """(B, C, *size) float: the box of each of `images` (B, C, H, W), resized.

    uint8 is divided by 255.
    """
    rows = _taps(boxes.top, boxes.height, images.shape[2], size[0])
    columns = _taps(boxes.left, boxes.width, images.shape[3], size[1])
    found = sum_taps(images, rows, columns)
    if found is not None:
        return found
    # Rows first: where boxes shrink, that leaves fewer pixels to be read one by one.
    return _summed(_summed(to_float(images), 2, rows), 3, columns)


def _summed(images: Tensor, dim: int, taps: Taps) -> Tensor:
    count, _, side = taps.places.shape
    shape, whole = [len(images), 1, 1, 1], list(images.shape)
    shape[dim] = whole[dim] = side
    found: Tensor | None = None
    for k in range(count):
        read = images.gather(dim, taps.places[k].view(shape).expand(whole))
        read = read * taps.weights[k].to(images.dtype).view(shape)
        # Not in one operation: its rounding may depend on where in memory a pixel lies.
        found = read if found is None else found + read
    return images if found is None else found


def _taps(start: Tensor, length: Tensor, whole: int, side: int) -> Taps:
    """The pixels of which each output pixel is a weighted sum, along one side.

    As many as the largest box, one of `whole` pixels, needs.
    """
    scale = length.double()[:, None] / side
    support = scale.clamp(min=1)
    center = (torch.arange(side, device=start.device) + 0.5) * scale
    first = (center - support + 0.5).floor().long()
    # So many pixels' centers lie within an interval of 2 · support.
    count = max(2, -(-2 * whole // side))
    place = first + torch.arange(count, device=start.device)[:, None, None]
    last = length[:, None] - 1
    weights = (1 - (place + 0.5 - center).abs() / support).clamp(min=0)
    weights = weights * ((place >= 0) & (place <= last))
    # Summed one by one: how `sum` does it depends on how many there are.
    total = weights[0]
    for k in range(1, count):
        total = total + weights[k]
    inside = torch.minimum(place.clamp(min=0), last)
    return Taps(start[:, None] + inside, weights / total)
