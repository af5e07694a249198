"""torchvision's reference training, the recipe of its newer weights."""

from augury.augment.chain import Chain
from augury.augment.erasing.random_erasing import RandomErasing
from augury.augment.geometry.flip import Flip
from augury.augment.geometry.random_resized_crop import RandomResizedCrop
from augury.augment.mixing.cutmix import CutMix
from augury.augment.mixing.mixup import MixUp
from augury.augment.one_of import OneOf
from augury.augment.policies.trivialaugment import TrivialAugment


class TorchvisionReferences(Chain):
    """What torchvision's references do to training images, for its IMAGENET1K_V2 weights.

    A random resized crop, a flip, TrivialAugment (wide), random erasing in a tenth of the images,
    and mixup (alpha 0.2) or CutMix (alpha 1).
    """

    def __init__(self) -> None:
        super().__init__(
            [
                RandomResizedCrop(),
                Flip(),
                TrivialAugment(),
                RandomErasing(p=0.1, area=(0.02, 0.33), aspect=(0.3, 3.3)),
                OneOf([MixUp(alpha=0.2), CutMix(alpha=1.0)]),
            ]
        )
