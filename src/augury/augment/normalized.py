"""Augmentation and normalization in one go, as training and loader workers need them."""

from typing import Any

import torch
from torch import Tensor

from augury.augment.base import Augmentation
from augury.batch import Batch, check_batch
from augury.kernels.steps import Scale
from augury.rng import Draws


def augment_normalized(
    augmentation: Augmentation[Any], batch: Batch, draws: Draws, scale: Scale
) -> tuple[Tensor, Tensor]:
    """The augmented images, normalized, (B, C, H, W) float32, and their targets (B, K).

    One pass over the pixels where compiled loops can do it. scale: on the device of the images.
    Raises InputError where `batch` breaks its contract.
    """
    if not torch.compiler.is_compiling():
        batch = check_batch(batch)
    with torch.autocast(batch.images.device.type, enabled=False):
        found = augmentation.run(batch, draws, scale)
    return found.images, found.targets
