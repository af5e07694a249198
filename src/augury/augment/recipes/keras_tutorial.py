"""The tutorial of Keras, "Image classification from scratch"."""

from augury.augment.chain import Chain
from augury.augment.geometry.flip import Flip
from augury.augment.geometry.rotate import Rotate


class KerasTutorial(Chain):
    """What Keras's tutorial "Image classification from scratch" does to training images.

    A flip, and a rotation by up to a tenth of a turn, 36 degrees.
    """

    def __init__(self) -> None:
        super().__init__([Flip(), Rotate(degrees=36.0)])
