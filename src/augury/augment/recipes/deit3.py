"""The training of DeiT III (Touvron, Cord, Jégou, 2022) on ImageNet-1k."""

from augury.augment.chain import Chain
from augury.augment.geometry.random_resized_crop import RandomResizedCrop
from augury.augment.mixing.cutmix import CutMix
from augury.augment.mixing.mixup import MixUp
from augury.augment.one_of import OneOf
from augury.augment.policies.three_augment import ThreeAugment


class Deit3(Chain):
    """What DeiT III does to training images.

    A random resized crop, 3-Augment, and mixup (alpha 0.8) or CutMix (alpha 1).
    """

    def __init__(self) -> None:
        mixing = OneOf([MixUp(alpha=0.8), CutMix(alpha=1.0)])
        super().__init__([RandomResizedCrop(), ThreeAugment(), mixing])
