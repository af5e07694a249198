"""Kornia: basic operations draw for each image, policies choose one operation for a batch."""

from collections.abc import Callable
from typing import Any

import torch
from benchmarks.peers.work import MEAN, STD, Pass, Work
from torch import nn


def _arms() -> dict[str, Callable[[int], list[nn.Module]]]:
    import kornia.augmentation as k
    from kornia.augmentation import auto

    def affine(**arguments: Any) -> nn.Module:
        usual = {"degrees": 0.0, "padding_mode": "border", "p": 1.0}
        return k.RandomAffine(**usual | arguments)

    return {
        "flip": lambda size: [k.RandomHorizontalFlip()],
        "crop": lambda size: [k.RandomCrop((size, size), padding=size // 8)],
        "normal": lambda size: [
            k.RandomHorizontalFlip(),
            affine(degrees=2.0, scale=(0.9, 1.1, 0.9, 1.1)),
        ],
        "rotate": lambda size: [k.RandomRotation(15.0, p=1.0)],
        "zoom": lambda size: [affine(scale=(0.8, 1.25))],
        "shear": lambda size: [affine(shear=15.0)],
        "translate": lambda size: [affine(translate=(0.125, 0.125))],
        "brightness": lambda size: [k.RandomBrightness((0.6, 1.4))],
        "contrast": lambda size: [k.RandomContrast((0.6, 1.4))],
        "saturation": lambda size: [k.RandomSaturation((0.6, 1.4))],
        "hue": lambda size: [k.RandomHue((-0.1, 0.1))],
        "grayscale": lambda size: [k.RandomGrayscale()],
        "blur": lambda size: [k.RandomGaussianBlur(13, (0.1, 2.0), p=1.0)],
        "sharpness": lambda size: [k.RandomSharpness((0.1, 1.9))],
        "posterize": lambda size: [k.RandomPosterize((4, 8))],
        "solarize": lambda size: [k.RandomSolarize(0.5, 0.0)],
        "equalize": lambda size: [k.RandomEqualize()],
        "autocontrast": lambda size: [k.RandomAutoContrast(p=0.5)],
        "invert": lambda size: [k.RandomInvert()],
        "randaugment": lambda size: [auto.RandAugment(n=2, m=9)],
        "trivialaugment": lambda size: [auto.TrivialAugment()],
        "random-erasing": lambda size: [k.RandomErasing((0.02, 0.4), (0.3, 1 / 0.3))],
    }


def _mixing() -> dict[str, nn.Module]:
    import kornia.augmentation as k

    return {
        "mixup": k.RandomMixUpV2(data_keys=["input", "class"]),
        "cutmix": k.RandomCutMixV2(data_keys=["input", "class"]),
    }


def batch(arm: str, work: Work) -> Pass | None:
    """Draws as Kornia draws them for a batch; None if it lacks a part of `arm`."""
    device = work.images.device
    mean, std = (torch.tensor(v, device=device).view(-1, 1, 1) for v in (MEAN, STD))
    if arm in _mixing():
        mix = _mixing()[arm].to(device)
        return lambda: mix((work.images.float() / 255 - mean) / std, work.labels)
    arms = _arms()
    parts = arm.split("+")
    if not all(part in arms for part in parts):
        return None
    layers = [layer for part in parts for layer in arms[part](work.size)]
    transform = nn.Sequential(*layers).to(device)
    return lambda: (transform(work.images.float() / 255) - mean) / std
