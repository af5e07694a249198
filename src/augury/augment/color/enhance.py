"""Shared by the color operations: PIL's `ImageEnhance` blend, luma, and the draw of a factor."""

from torch import Tensor

from augury.augment.base import per_image
from augury.rng import Draws

# ITU-R 601-2, the weights of PIL's mode "L".
_LUMA = (0.299, 0.587, 0.114)


def blend(images: Tensor, other: Tensor, factor: Tensor) -> Tensor:
    """factor · images + (1 - factor) · other, clamped to [0, 1]; factor: (B,).

    The formula is arranged so that a factor of 1 returns the images bit for bit.
    """
    return (images + per_image(1 - factor) * (other - images)).clamp(0, 1)


def luma(images: Tensor) -> Tensor:
    """(B, C, H, W) float -> (B, 1, H, W): 0.299 R + 0.587 G + 0.114 B; gray images as they are."""
    if images.shape[1] == 1:
        return images
    red, green, blue = (images[:, i : i + 1] * weight for i, weight in enumerate(_LUMA))
    return red + green + blue


def draw_factor(draws: Draws, operation: str, strength: float) -> Tensor:
    """(B,) float32, uniform in [1 - strength, 1 + strength]."""
    u: Tensor = draws.uniform(operation, 1)[:, 0]
    return 1 + strength * (2 * u - 1)


def mean_luma(images: Tensor) -> Tensor:
    """(B, C, H, W) float in [0, 1] -> (B, 1, 1, 1): the mean of `luma`.

    Sums whole multiples of 2^-24, so the result does not depend on the order of summation.
    """
    levels = (luma(images) * 2**24).round().long()
    pixels = images.shape[2] * images.shape[3]
    total = levels.sum((1, 2, 3), keepdim=True)
    return (total.double() / (pixels * 2**24)).to(images.dtype)
