"""Augmentations that leave an image the same in every epoch."""

from typing import Any

from augury.augment.base import Augmentation
from augury.augment.chain import Chain
from augury.augment.geometry.center_crop import CenterCrop
from augury.augment.none import Identity


def is_still(augmentation: Augmentation[Any]) -> bool:
    """Whether each image comes out of it with its own pixels, the same ones every time.

    So it is with `none`, also after the center crop that a study puts before it, and with
    chains of the two. A subclass may do anything, and does not count.
    """
    if type(augmentation) is Chain:
        return all(map(is_still, augmentation.parts))
    return type(augmentation) in (Identity, CenterCrop)
