"""Scaling of maps: to [0, 1] for each image, and to the size of the image."""

import torch.nn.functional as F
from torch import Tensor


def min_max(maps: Tensor) -> Tensor:
    """(B, H, W): the least value of each map becomes 0, the largest 1; a constant map 0."""
    low = maps.amin(dim=(1, 2), keepdim=True)
    span = maps.amax(dim=(1, 2), keepdim=True) - low
    return (maps - low) / span.masked_fill(span == 0, 1)


def by_peak(maps: Tensor) -> Tensor:
    """(B, H, W) ≥ 0: each map is divided by its largest value; a map of zeros stays 0."""
    peak = maps.amax(dim=(1, 2), keepdim=True)
    return maps / peak.masked_fill(peak == 0, 1)


def enlarged(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, h, w) or (B, C, h, w) -> the same at (height, width) `size`, bilinear."""
    planes = maps if maps.ndim == 4 else maps[:, None]
    large = F.interpolate(planes, size, mode="bilinear", align_corners=False)
    return large if maps.ndim == 4 else large[:, 0]
