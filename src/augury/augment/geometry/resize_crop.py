"""A window at a random place of an image that is larger than what the network sees."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from augury.augment.base import Augmentation
from augury.augment.geometry.frame import Size, check_size, size_of_window
from augury.augment.geometry.pictures import pictures_in
from augury.batch import Batch
from augury.rng import Draws


@dataclass(frozen=True)
class ResizeCropParams:
    """top, left: (B,) int64, pixels; the corner of the window in each image."""

    top: Tensor
    left: Tensor


class ResizeCrop(Augmentation[ResizeCropParams]):
    """Cut a window from anywhere in each image; whole pixels, which keep their values and dtype.

    size: (height, width) of the window in pixels; None for those of the input, of which nothing can
        be cut: the images stay as they are. In a study it is the size that the network sees.

    All whole positions are equally likely. It is the second half of the usual pair, torchvision's
    `Resize(128)`, `RandomCrop(112)`: the first half is how images are stored (`stored_size` of a
    study), and evaluation sees the center of the same images. Where a batch has `extents`, the
    window lies within each picture, which must be as large.
    """

    frames = True
    takes_extents = True

    def __init__(self, size: Size = None) -> None:
        check_size(size)
        self.size = size

    def sample(self, batch: Batch, draws: Draws) -> ResizeCropParams:
        picture = pictures_in(batch)
        height, width = size_of_window(self.size, batch.images)
        u = draws.uniform("resize-crop", 2).double()
        return ResizeCropParams(
            top=picture.top + (u[:, 0] * (picture.height - height + 1)).long(),
            left=picture.left + (u[:, 1] * (picture.width - width + 1)).long(),
        )

    def apply(self, batch: Batch, params: ResizeCropParams) -> Batch:
        size = size_of_window(self.size, batch.images)
        if size == batch.images.shape[-2:]:
            return batch
        move = partial(_windows, params=params, size=size)
        return batch.moved(move(batch.images), move)


def _windows(images: Tensor, params: ResizeCropParams, size: tuple[int, int]) -> Tensor:
    """(B, C, *size): the window of each of `images`, from its corner on."""
    for dim, start, side in ((2, params.top, size[0]), (3, params.left, size[1])):
        rows = start[:, None] + torch.arange(side, device=images.device)
        shape, whole = [len(images), 1, 1, 1], list(images.shape)
        shape[dim] = whole[dim] = side
        images = images.gather(dim, rows.view(shape).expand(whole))
    return images
