"""Common corruptions (Hendrycks & Dietterich, ICLR 2019, arXiv:1903.12261), batched in PyTorch.

One file per corruption. Definitions and constants come from the authors' code,
`ImageNet-C/create_c` in github.com/hendrycks/robustness: from `make_cifar_c.py` for images whose
longer side has up to 64 pixels, from `make_imagenet_c.py` for larger ones.
"""

import torch
from torch import Tensor

from augury.corruptions.base import SEVERITIES, Corruption
from augury.corruptions.brightness import brightness
from augury.corruptions.contrast import contrast
from augury.corruptions.defocus_blur import defocus_blur
from augury.corruptions.fog import fog
from augury.corruptions.gaussian_blur import gaussian_blur
from augury.corruptions.jpeg import jpeg
from augury.corruptions.noise import gaussian_noise, shot_noise
from augury.corruptions.pixelate import pixelate
from augury.errors import InputError
from augury.names import lookup
from augury.rng import Draws

__all__ = ["CORRUPTIONS", "SEVERITIES", "Corruption", "corrupt"]

CORRUPTIONS: dict[str, Corruption] = {
    "gaussian-noise": gaussian_noise,
    "shot-noise": shot_noise,
    "defocus-blur": defocus_blur,
    "gaussian-blur": gaussian_blur,
    "fog": fog,
    "brightness": brightness,
    "contrast": contrast,
    "pixelate": pixelate,
    "jpeg": jpeg,
}

_SMALLEST = 8


def corrupt(images: Tensor, ids: Tensor, name: str, severity: int) -> Tensor:
    """Apply one corruption to images; the arguments are not changed.

    images: (B, C, H, W) uint8, C 1 or 3, H and W at least 8; ids: (B,) int64, the samples' stable
    numbers, on the images' device; name: of the table `CORRUPTIONS`; severity: 1 (weak) to 5.
    Returns uint8 of the same shape on the same device.

    The result depends on the image, its id, the name and the severity, and on nothing else: it is
    the same in any batch and order, and for all networks that are compared.
    Raises InputError for an unknown name or severity and for images or ids of another form.
    """
    corruption = lookup(CORRUPTIONS, name, "corruption")
    if not isinstance(severity, int) or severity not in SEVERITIES:
        raise InputError(f"severity: must be one of 1, 2, 3, 4, 5, got {severity!r}")
    _check(images, ids)
    if not len(images):
        return images.clone()
    # Copies of an image get the same corruption.
    draws = Draws(seed=0, epoch=severity, ids=ids, repeats=torch.zeros_like(ids))
    return corruption(images, draws, severity)


def _check(images: Tensor, ids: Tensor) -> None:
    shape = tuple(images.shape)
    if images.dtype != torch.uint8:
        raise InputError(f"images: dtype must be uint8, got {images.dtype}")
    if len(shape) != 4 or shape[1] not in (1, 3) or min(shape[2:]) < _SMALLEST:
        raise InputError(
            f"images: shape must be (B, C, H, W), C 1 or 3, H and W at least {_SMALLEST}, "
            f"got {shape}"
        )
    if ids.shape != shape[:1] or ids.dtype != torch.int64:
        raise InputError(
            f"ids: must be int64 of shape ({shape[0]},), got {ids.dtype} {tuple(ids.shape)}"
        )
