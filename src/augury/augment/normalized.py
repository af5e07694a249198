"""Augmentation and normalization in one go, as training and loader workers need them."""

from typing import Any

from torch import Tensor

from augury.augment.base import Augmentation
from augury.batch import Batch
from augury.kernels.steps import Scale
from augury.rng import Draws


def augment_normalized(
    augmentation: Augmentation[Any], batch: Batch, draws: Draws, scale: Scale
) -> tuple[Tensor, Tensor]:
    """The augmented images, normalized, (B, C, H, W) float32, and their targets (B, K).

    One pass over the pixels where compiled loops can do it. scale: on the device of the images.
    Raises InputError where `batch` breaks its contract.
    """
    found = augmentation(batch, draws, scale)
    return found.images, found.targets
