"""timm's three recipes of "ResNet strikes back" (Wightman, Touvron, Jégou, 2021)."""

from typing import Any

from augury.augment.base import Augmentation
from augury.augment.chain import Chain
from augury.augment.geometry.flip import Flip
from augury.augment.geometry.random_resized_crop import RandomResizedCrop
from augury.augment.mixing.cutmix import CutMix
from augury.augment.mixing.mixup import MixUp
from augury.augment.one_of import OneOf
from augury.augment.policies.timm_randaugment import TimmRandAugment


def _parts(magnitude: float, mixup: float) -> list[Augmentation[Any]]:
    return [
        RandomResizedCrop(),
        Flip(),
        TimmRandAugment(magnitude=magnitude),
        OneOf([MixUp(alpha=mixup), CutMix(alpha=1.0)]),
    ]


class TimmA1(Chain):
    """What timm's recipe A1 (600 epochs) does to training images.

    A random resized crop, a flip, RandAugment rand-m7-mstd0.5-inc1, and mixup (alpha 0.2) or CutMix
    (alpha 1).
    """

    def __init__(self) -> None:
        super().__init__(_parts(7.0, 0.2))


class TimmA2(Chain):
    """What timm's recipe A2 (300 epochs) does to training images.

    As A1, with mixup's alpha 0.1.
    """

    def __init__(self) -> None:
        super().__init__(_parts(7.0, 0.1))


class TimmA3(Chain):
    """What timm's recipe A3 (100 epochs) does to training images.

    As A2, with rand-m6-mstd0.5-inc1.
    """

    def __init__(self) -> None:
        super().__init__(_parts(6.0, 0.1))
