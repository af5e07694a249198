"""More brightness."""

import torch
from torch import Tensor

from augury.corruptions.base import constant, cut
from augury.rng import Draws

# Added to the value, as a share of the range; make_cifar_c.py and make_imagenet_c.py.
_CIFAR = (0.05, 0.1, 0.15, 0.2, 0.3)
_IMAGENET = (0.1, 0.2, 0.3, 0.4, 0.5)


def brightness(images: Tensor, draws: Draws, severity: int) -> Tensor:
    """Add to the value (in HSV) of each pixel, clipped at 1; hue and saturation stay.

    draws: not used. The value is the largest channel, and with fixed hue and saturation all
    channels are proportional to it, so no conversion to HSV is needed. Black has no saturation and
    turns gray. A gray image is its own value.
    """
    added = constant(_CIFAR, _IMAGENET, images, severity)
    value = images.amax(1, keepdim=True).double()
    brighter = (value + 255 * added).clamp(max=255)
    return cut(torch.where(value > 0, images / value.clamp(min=1) * brighter, brighter))
