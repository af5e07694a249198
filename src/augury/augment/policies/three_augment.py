"""3-Augment (Touvron, Cord, Jégou, "DeiT III: Revenge of the ViT", ECCV 2022)."""

from augury.augment.chain import Chain
from augury.augment.color.blur import Blur
from augury.augment.color.color_jitter import ColorJitter
from augury.augment.color.grayscale import Grayscale
from augury.augment.color.solarize import Solarize
from augury.augment.geometry.flip import Flip
from augury.augment.one_of import OneOf
from augury.errors import InputError


class ThreeAugment(Chain):
    """Mirror an image, make it gray, solarize or blur it, and jitter its colors.

    jitter: brightness, contrast and saturation are multiplied by factors in [1 - jitter,
        1 + jitter], in random order; the default is that of the authors' commands.

    Half of the images are mirrored. Each becomes gray, or is solarized from level 128 on, or is
    blurred with a standard deviation in [0.1, 2] pixels: each as likely as the others, as in the
    authors' code. The resized crop that comes before it there is no part of it. Returns float32.
    """

    def __init__(self, jitter: float = 0.3) -> None:
        if not 0 <= jitter < float("inf"):
            raise InputError(f"jitter: must be at least 0 and finite, got {jitter}")
        one = OneOf([Grayscale(p=1.0), Solarize((128.0, 128.0), p=1.0), Blur((0.1, 2.0))])
        super().__init__([Flip(), one, ColorJitter(jitter, jitter, jitter, 0.0)])
        self.jitter = jitter
