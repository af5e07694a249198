"""Removal of color under torchvision's name, `RandomGrayscale`."""

from augury.augment.color.grayscale import Grayscale


class RandomGrayscale(Grayscale):
    """Take the color from one image in ten: `grayscale`, with draws of its own.

    p: probability that an image becomes gray; 0.1 is torchvision's default.
    """

    _operation = "random-grayscale"

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p)
