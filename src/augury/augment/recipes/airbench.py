"""The training of airbench94 (Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024)."""

from augury.augment.chain import Chain
from augury.augment.geometry.crop import Crop
from augury.augment.geometry.flip import Flip


class Airbench(Chain):
    """What airbench94 does to training images.

    A flip, and a shift by up to 2 of 32 pixels.
    """

    def __init__(self) -> None:
        super().__init__([Flip(), Crop(padding=2 / 32)])
