"""Operations on single uint8 values, as lookup tables of 256 entries per sample, or per channel.

The results equal those of PIL's `ImageOps`, bit for bit.
"""

import torch
from torch import Tensor

from augury.augment.base import per_image
from augury.batch import Batch, to_float, to_uint8
from augury.kernels.steps import OPERATIONS, Layers


def look_up(batch: Batch, table: Tensor, chosen: Tensor) -> Batch:
    """Apply the tables to the `chosen` (B,) images; the others stay as they are, bit for bit.

    uint8 images stay uint8. Float images become float32: chosen ones are rounded to 256 levels for
    the table, the others keep their values.
    """
    found = apply_table(to_uint8(batch.images), table)
    images = batch.images
    if images.is_floating_point():
        found, images = to_float(found), to_float(images)
    return batch.with_images(torch.where(per_image(chosen), found, images))


def look_up_step(operation: str, magnitude: Tensor, chosen: Tensor) -> Layers:
    """What `look_up` does for a table of AutoAugment's, as a step for compiled loops.

    operation: one of OPERATIONS; magnitude, chosen: (B,).
    """
    layer = chosen[:, None] * OPERATIONS.index(operation)
    still = None if chosen.is_cuda else torch.zeros(len(chosen), 1, 2, 3)
    return Layers(layer, magnitude[:, None].float(), still, chosen)


def apply_table(images: Tensor, table: Tensor) -> Tensor:
    """images (B, C, H, W) uint8, table (B or 1, C or 1, 256) uint8 -> (B, C, H, W) uint8."""
    rows = table.expand(*images.shape[:2], 256)
    return rows.gather(2, images.flatten(2).long()).view(images.shape)


def identity_table(device: torch.device) -> Tensor:
    """(1, 1, 256) uint8: each value as it is."""
    return torch.arange(256, device=device).to(torch.uint8).view(1, 1, 256)


def invert_table(device: torch.device) -> Tensor:
    """(1, 1, 256) uint8: 255 - value."""
    return 255 - identity_table(device)


def posterize_table(bits: Tensor) -> Tensor:
    """bits (B,) integers in 0..8 -> (B, 1, 256) uint8: each value's highest bits."""
    dropped = (8 - bits.long())[:, None, None]
    values = torch.arange(256, device=bits.device)
    return ((values >> dropped) << dropped).to(torch.uint8)


def solarize_table(threshold: Tensor) -> Tensor:
    """threshold (B,) in 0..256 -> (B, 1, 256) uint8: 255 - value for values ≥ threshold."""
    values = torch.arange(256, device=threshold.device)
    solarized = torch.where(values >= threshold[:, None, None], 255 - values, values)
    return solarized.to(torch.uint8)


def solarize_add_table(amount: Tensor) -> Tensor:
    """amount (B,) in 0..255, cut to whole levels -> (B, 1, 256) uint8: added to values under 128.

    The sum is at most 255. An operation of the authors of RandAugment that PIL does not have.
    """
    values = torch.arange(256, device=amount.device)
    raised = (values + amount.clamp(0, 255).long()[:, None, None]).clamp(max=255)
    return torch.where(values < 128, raised, values).to(torch.uint8)


def autocontrast_table(images: Tensor) -> Tensor:
    """images (B, C, H, W) uint8 -> (B, C, 256) uint8: stretches each channel to 0..255.

    A channel of one value stays as it is.
    """
    low = images.amin((2, 3))[:, :, None].double()
    high = images.amax((2, 3))[:, :, None].double()
    values = torch.arange(256, device=images.device)
    # PIL's order of operations and rounding: its truncation turns some 255 into 254. Dividing a
    # Python number by a tensor would round twice.
    scale = torch.full_like(low, 255) / (high - low).clamp(min=1)
    stretched = (values * scale + -low * scale).clamp(0, 255)
    return torch.where(high > low, stretched, values.double()).to(torch.uint8)


def equalize_table(images: Tensor) -> Tensor:
    """images (B, C, H, W) uint8 -> (B, C, 256) uint8: makes each channel's histogram flat.

    A channel with fewer than 255 pixels below its largest value stays as it is, as in PIL.
    """
    counts = _histogram(images)
    largest = images.amax((2, 3))[:, :, None].long()
    below = counts.sum(2, keepdim=True) - counts.gather(2, largest)
    step = below // 255
    start = counts.cumsum(2) - counts + step // 2
    equalized = (start // step.clamp(min=1)).clamp(max=255)
    values = torch.arange(256, device=images.device)
    return torch.where(step > 0, equalized, values).to(torch.uint8)


def _histogram(images: Tensor) -> Tensor:
    """(B, C, H, W) uint8 -> (B, C, 256) int64: how many pixels have each value."""
    values = images.flatten(2).long()
    counts = torch.zeros((*images.shape[:2], 256), dtype=torch.int64, device=images.device)
    return counts.scatter_add(2, values, torch.ones_like(values))
