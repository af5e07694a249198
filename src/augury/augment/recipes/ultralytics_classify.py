"""Ultralytics' training of classifiers, `yolo classify train`."""

from augury.augment.chain import Chain
from augury.augment.erasing.random_erasing import RandomErasing
from augury.augment.geometry.flip import Flip
from augury.augment.geometry.random_resized_crop import RandomResizedCrop
from augury.augment.policies.randaugment import RandAugment


class UltralyticsClassify(Chain):
    """What `yolo classify train` does to training images.

    A resized crop of half of the image or more, a flip, torchvision's RandAugment (two layers at a
    magnitude of 9), and random erasing in two fifths of the images.
    """

    def __init__(self) -> None:
        super().__init__(
            [
                RandomResizedCrop(scale=(0.5, 1.0)),
                Flip(),
                RandAugment(layers=2, magnitude=9.0, magnitude_std=0.0),
                RandomErasing(p=0.4, area=(0.02, 0.33), aspect=(0.3, 3.3)),
            ]
        )
