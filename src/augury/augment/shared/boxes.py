"""Rectangles, one per sample."""

import torch
from torch import Tensor


def rectangle_mask(
    top: Tensor, left: Tensor, height: Tensor, width: Tensor, size: tuple[int, int] | torch.Size
) -> Tensor:
    """(B, H, W) bool: true inside each sample's rectangle; it may reach beyond the image."""
    row = torch.arange(size[0], device=top.device)
    column = torch.arange(size[1], device=top.device)
    rows = (row >= top[:, None]) & (row < (top + height)[:, None])
    columns = (column >= left[:, None]) & (column < (left + width)[:, None])
    return rows[:, :, None] & columns[:, None, :]


def share_outside(inside: Tensor) -> Tensor:
    """(B, H, W) bool -> (B,) float32: the share of pixels that are False."""
    pixels = inside.shape[1] * inside.shape[2]
    return (pixels - inside.sum((1, 2))).double().div(pixels).float()
