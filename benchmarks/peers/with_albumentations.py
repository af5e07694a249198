"""Albumentations: image by image, in NumPy and OpenCV."""

import os
from collections.abc import Callable
from typing import Any

import torch
from benchmarks.peers.work import MEAN, STD, Pass, Work


def _arms() -> dict[str, Callable[[int], list[Any]]]:
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    import albumentations as a
    import cv2

    cv2.setNumThreads(1)
    nearest = cv2.BORDER_REPLICATE
    area, aspect = (0.02, 0.4), (0.3, 1 / 0.3)
    return {
        "flip": lambda size: [a.HorizontalFlip()],
        "crop": lambda size: [a.Pad(size // 8), a.RandomCrop(size, size)],
        "normal": lambda size: [
            a.HorizontalFlip(),
            a.Affine(scale=(0.9, 1.1), rotate=(-2, 2), border_mode=nearest, p=1.0),
        ],
        "random-erasing": lambda size: [a.Erasing(area, aspect, fill="random_uniform", p=0.5)],
        "hue": lambda size: [
            a.ColorJitter((1, 1), (1, 1), (1, 1), (-0.1, 0.1), p=1.0),
        ],
        "blur": lambda size: [a.GaussianBlur(13, (0.1, 2.0), p=1.0)],
        "equalize": lambda size: [a.Equalize("pil")],
    }


def each(arm: str, work: Work) -> Pass | None:
    """A draw for each image; None if it lacks a part of `arm`."""
    import albumentations as a
    from albumentations.pytorch import ToTensorV2

    arms = _arms()
    parts = arm.split("+")
    if not all(part in arms for part in parts):
        return None
    steps = [step for part in parts for step in arms[part](work.size)]
    transform = a.Compose([*steps, a.Normalize(MEAN, STD), ToTensorV2()])
    images = list(work.images.permute(0, 2, 3, 1).contiguous().numpy())
    return lambda: torch.stack([transform(image=image)["image"] for image in images])
