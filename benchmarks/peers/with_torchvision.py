"""torchvision v2: called once it draws once for the whole batch; called for each image it draws
for each."""

from collections.abc import Callable

import torch
from benchmarks.peers.work import CLASSES, MEAN, STD, Pass, Work
from torchvision.transforms import v2

_BILINEAR = v2.InterpolationMode.BILINEAR


def _affine(**arguments: object) -> v2.Transform:
    return v2.RandomAffine(**{"degrees": 0, "interpolation": _BILINEAR} | arguments)


def _gaussian(size: int) -> v2.Transform:
    return v2.GaussianBlur(13 if size > 13 else 2 * ((size - 1) // 2) + 1, (0.1, 2.0))


# The nearest to augury's defaults that torchvision has; in policies its own pixels (the nearest for
# the two, bilinear for AugMix), which is less work than ours.
_ARMS: dict[str, Callable[[int], list[v2.Transform]]] = {
    "flip": lambda size: [v2.RandomHorizontalFlip()],
    "crop": lambda size: [v2.RandomCrop(size, padding=size // 8)],
    "normal": lambda size: [v2.RandomHorizontalFlip(), _affine(degrees=2, scale=(0.9, 1.1))],
    "rotate": lambda size: [v2.RandomRotation(15, _BILINEAR)],
    "zoom": lambda size: [_affine(scale=(0.8, 1.25))],
    "shear": lambda size: [_affine(shear=15)],
    "translate": lambda size: [_affine(translate=(0.125, 0.125))],
    "brightness": lambda size: [v2.ColorJitter(brightness=0.4)],
    "contrast": lambda size: [v2.ColorJitter(contrast=0.4)],
    "saturation": lambda size: [v2.ColorJitter(saturation=0.4)],
    "hue": lambda size: [v2.ColorJitter(hue=0.1)],
    "grayscale": lambda size: [v2.RandomGrayscale()],
    "blur": lambda size: [_gaussian(size)],
    "sharpness": lambda size: [v2.RandomAdjustSharpness(1.9)],
    "posterize": lambda size: [v2.RandomPosterize(6)],
    "solarize": lambda size: [v2.RandomSolarize(128)],
    "equalize": lambda size: [v2.RandomEqualize()],
    "autocontrast": lambda size: [v2.RandomAutocontrast()],
    "invert": lambda size: [v2.RandomInvert()],
    "randaugment": lambda size: [v2.RandAugment()],
    "trivialaugment": lambda size: [v2.TrivialAugmentWide()],
    "augmix": lambda size: [v2.AugMix(all_ops=False)],
}
# It fills with noise only after the normalization.
_AFTER = {
    "random-erasing": lambda: v2.RandomErasing(0.5, (0.02, 0.4), (0.3, 1 / 0.3), value="random")
}
_MIXING = {
    "mixup": lambda: v2.MixUp(num_classes=CLASSES),
    "cutmix": lambda: v2.CutMix(num_classes=CLASSES),
}
ARMS = (*_ARMS, *_AFTER, *_MIXING)


def once(arm: str, work: Work) -> Pass | None:
    """One draw for the whole batch; None if torchvision lacks a part of `arm`."""
    transform = _transform(arm, work.size)
    if transform is None:
        return None
    if arm in _MIXING:
        return lambda: transform(work.images, work.labels)
    return lambda: transform(work.images)


def each(arm: str, work: Work) -> Pass | None:
    """A draw for each image. None where the arm mixes images or torchvision lacks it."""
    transform = _transform(arm, work.size)
    if transform is None or arm in _MIXING:
        return None
    return lambda: torch.stack([transform(image) for image in work.images])


def _transform(arm: str, size: int) -> v2.Transform | None:
    before: list[v2.Transform] = []
    after: list[v2.Transform] = []
    for part in arm.split("+"):
        if part in _ARMS:
            before += _ARMS[part](size)
        elif part in _AFTER or part in _MIXING:
            after.append((_AFTER | _MIXING)[part]())
        else:
            return None
    to_float = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    return v2.Compose([*before, *to_float, *after])
