"""Saliency in whole numbers, and its sums over rows and columns."""

import torch
from torch import Tensor

# The largest value of a map, in whole units.
_LARGEST = 2**24


def whole_units(maps: Tensor) -> Tensor:
    """(B, H, W) float ≥ 0 -> (B, H, W) int64, each map scaled so that its largest value is 2^24.

    Whole numbers have the same sum in any order, so windows of equal content tie on every device
    and in any batch. A map of zeros stays zero.
    """
    exact = maps.double()
    largest = exact.amax(dim=(1, 2), keepdim=True)
    return (exact / largest.masked_fill(largest == 0, 1) * _LARGEST).round().long()


def span_sums(values: Tensor, dim: int, start: Tensor, end: Tensor) -> Tensor:
    """Sums of integers along `dim`, from each `start` up to but not including each `end`."""
    before = torch.zeros_like(values.narrow(dim, 0, 1))
    total = torch.cat((before, values.cumsum(dim)), dim)
    return total.index_select(dim, end) - total.index_select(dim, start)
