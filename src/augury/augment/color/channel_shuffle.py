"""Channels in another order, as torchvision's `RandomChannelPermutation`."""

from dataclasses import dataclass
from itertools import permutations

import torch
from torch import Tensor

from augury.augment.base import Augmentation, check_probability
from augury.batch import Batch
from augury.kernels.constants import constant
from augury.rng import Draws

_ORDERS = tuple(permutations(range(3)))


@dataclass(frozen=True)
class ChannelShuffleParams:
    """order: (B, 3) int64; channel i of the result is channel order[i] of the image."""

    order: Tensor


class ChannelShuffle(Augmentation[ChannelShuffleParams]):
    """Exchange the channels of an image: red, green and blue in one of their six orders.

    p: probability that an order is drawn for an image; all six are equally likely then, so that one
        in six keeps its channels. torchvision's `RandomChannelPermutation` draws one for every
        image; Albumentations' `ChannelShuffle` has p = 0.5.

    Images of one channel stay as they are. Values and dtype are kept.
    """

    only_color = True

    def __init__(self, p: float = 1.0) -> None:
        check_probability("p", p)
        self.p = p

    def sample(self, batch: Batch, draws: Draws) -> ChannelShuffleParams:
        u = draws.uniform("channel-shuffle", 2)
        drawn = (u[:, 1].double() * len(_ORDERS)).long()
        # The first order is that of the image.
        drawn = drawn.masked_fill(u[:, 0] >= self.p, 0)
        return ChannelShuffleParams(constant(_ORDERS, torch.int64, u.device)[drawn])

    def apply(self, batch: Batch, params: ChannelShuffleParams) -> Batch:
        if batch.images.shape[1] == 1:
            return batch
        channels = params.order[:, :, None, None].expand_as(batch.images)
        return batch.with_images(batch.images.gather(1, channels))
