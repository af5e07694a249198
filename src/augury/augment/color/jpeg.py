"""JPEG compression, as torchvision's `JPEG` and Albumentations' `ImageCompression`."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation, check_probability, per_image
from augury.augment.shared.ranges import pair_of
from augury.augment.strength import at_both_ends, away_from, with_arguments
from augury.batch import Batch, to_float, to_uint8
from augury.errors import InputError
from augury.jpeg import compress
from augury.rng import Draws


@dataclass(frozen=True)
class JpegParams:
    """quality: (B,) int64 in 1..100; chosen: (B,) bool, which images are compressed."""

    quality: Tensor
    chosen: Tensor


class Jpeg(Augmentation[JpegParams]):
    """Compress each image as JPEG, at a quality of its own, and decompress it.

    quality: a whole number in 1..100, or a range of them, both ends included; all equally likely.
        torchvision has no default, and at Albumentations' (99 to 100) nearly nothing changes. The
        default is ours, from Kornia's 50 to the best.
    p: probability that an image is compressed; torchvision's `JPEG` has none.

    The losses are those of libjpeg with half the resolution for color (4:2:0), bit for bit, but no
    file is written. uint8 images stay uint8; float images are rounded to 256 levels first and
    become float32.
    """

    def __init__(self, quality: int | tuple[int, int] = (50, 100), p: float = 1.0) -> None:
        self._range = pair_of("quality", quality, 1, 100)
        if any(end != int(end) for end in self._range):
            raise InputError(f"quality: must be whole numbers, got {quality}")
        check_probability("p", p)
        self.quality, self.p = quality, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(
            self,
            quality=at_both_ends(self.quality, lambda end: round(away_from(end, 100, strength))),
        )

    def sample(self, batch: Batch, draws: Draws) -> JpegParams:
        u = draws.uniform("jpeg", 2).double()
        low, high = map(int, self._range)
        quality = low + (u[:, 1] * (high - low + 1)).long()
        return JpegParams(quality, chosen=u[:, 0] < self.p)

    def apply(self, batch: Batch, params: JpegParams) -> Batch:
        found, images = compress(to_uint8(batch.images), params.quality), batch.images
        if images.is_floating_point():
            found, images = to_float(found), to_float(images)
        return batch.with_images(torch.where(per_image(params.chosen), found, images))
