"""The center of an image that is larger than what the network sees."""

from functools import partial

from torch import Tensor

from augury.augment.base import Augmentation
from augury.augment.geometry.frame import Size, check_size, size_of_window
from augury.batch import Batch
from augury.center import center_of
from augury.rng import Draws


class CenterCrop(Augmentation[None]):
    """Cut the center of each image, as evaluation does; pixels keep their values and dtype.

    size: (height, width) in pixels; None for those of the input, which leaves images as they are.
        In a study it is the size that the network sees.

    As torchvision's `CenterCrop`; an image that is smaller is refused, where torchvision pads it
    with black.
    """

    frames = True
    takes_extents = True  # pictures lie in the middle

    def __init__(self, size: Size = None) -> None:
        check_size(size)
        self.size = size

    def sample(self, batch: Batch, draws: Draws) -> None:
        size_of_window(self.size, batch.images)

    def streams(self, scope: str) -> set[tuple[type, str]]:
        return super().streams(scope) - {(CenterCrop, scope)}  # it draws nothing

    def apply(self, batch: Batch, params: None) -> Batch:
        size = size_of_window(self.size, batch.images)
        if size == batch.images.shape[-2:]:
            return batch
        move = partial(_center, size=size)
        return batch.moved(move(batch.images), move)


def _center(images: Tensor, size: tuple[int, int]) -> Tensor:
    rows, columns = (
        center_of(whole, side) for whole, side in zip(images.shape[-2:], size, strict=True)
    )
    return images[..., rows, columns]
