"""JPEG compression."""

import torch
from torch import Tensor

from augury.corruptions.base import constant
from augury.jpeg import compress
from augury.rng import Draws

# Qualities; make_cifar_c.py and make_imagenet_c.py.
_CIFAR = (80, 65, 58, 50, 40)
_IMAGENET = (25, 18, 15, 10, 7)


def jpeg(images: Tensor, draws: Draws, severity: int) -> Tensor:
    """Compress images as JPEG and decompress them, see `augury.jpeg`; draws: not used."""
    quality = constant(_CIFAR, _IMAGENET, images, severity)
    return compress(images, torch.full((len(images),), quality, device=images.device))
