"""Saliency of larger images through a network that sees them at one size."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from augury.batch import Batch, to_float
from augury.saliency.scale import enlarged


class AtSize:
    """batch -> the maps of `saliency` for images of `side`×`side` pixels, in the batch's own size.

    Larger images are shrunk (bilinear, antialiased) and the maps enlarged (bilinear); images of
    that size are seen as they are. A signed gradient (B, C, H, W) is divided by the number of
    pixels that each small one stands for.
    """

    def __init__(self, saliency: Callable[[Batch], Tensor], side: int) -> None:
        self.saliency, self.side = saliency, side

    def __call__(self, batch: Batch) -> Tensor:
        height, width = batch.images.shape[-2:]
        size = (self.side, self.side)
        if (height, width) == size:
            return self.saliency(batch)
        small = F.interpolate(to_float(batch.images), size, mode="bilinear", antialias=True)
        # Values of the filter may leave [0, 1] by a rounding error.
        maps = self.saliency(batch.with_images(small.clamp_(0, 1)))
        maps = enlarged(maps, (height, width))
        return maps / (height * width / self.side**2) if maps.ndim == 4 else maps
