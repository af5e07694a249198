"""Mirror images top to bottom, as torchvision's `RandomVerticalFlip`."""

from augury.augment.base import check_probability
from augury.augment.geometry.flip import Flip


class VerticalFlip(Flip):
    """Mirror images top to bottom: `flip` upside down, with draws of its own.

    p: probability that an image is mirrored; ½ is torchvision's default.
    """

    _operation = "vertical-flip"

    def __init__(self, p: float = 0.5) -> None:
        check_probability("p", p)
        super().__init__(horizontal=0.0, vertical=p)
        self.p = p
