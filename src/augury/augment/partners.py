"""Who is mixed with whom, and what mixing does to images, targets and stored maps."""

from functools import partial

import torch
from torch import Tensor

from augury.batch import Batch, to_float
from augury.rng import Draws


def draw_partners(draws: Draws, operation: str) -> Tensor:
    """(B,) int64: the row of each sample's partner, another sample of the batch.

    The samples sit down in a circle, in an order drawn anew for each (seed, epoch): each one's
    partner is its neighbour. So nobody is mixed with itself (but for a batch of one), everyone is
    a partner once, and the circle does not depend on the order of the batch. A sample whose id
    is in the batch twice may meet its copy.
    """
    key = draws.bits(operation + " partner", 1)[:, 0]
    # The id decides between equal keys; sorting by it first, stably, does that.
    by_id = draws.ids.argsort(stable=True)
    order = by_id[key[by_id].argsort(stable=True)]
    partners = torch.empty_like(order)
    return partners.scatter(0, order, order.roll(-1))


def mix(batch: Batch, partner: Tensor, mask: Tensor, share: Tensor) -> Batch:
    """`mask` of each image and the rest of its partner; targets by `share`.

    partner: (B,) int64 rows. mask: (B, H, W), bool or float in [0, 1], the image's own share of
    each pixel. share: (B,) in [0, 1], its share of the whole.
    Whole pixels stay as they are (uint8 for a bool mask); blends are float32.
    """
    move = partial(_mix_pixels, partner=partner, mask=mask[:, None])
    images = batch.images if mask.dtype == torch.bool else to_float(batch.images)
    return batch.moved(move(images), move, mixed_targets(batch, partner, share))


def mixed_targets(batch: Batch, partner: Tensor, share: Tensor) -> Tensor:
    """(B, K): `share` (B,) in [0, 1] of each target and the rest of its partner's.

    Where share is 1, the target stays bit for bit.
    """
    own = share.to(batch.targets.dtype)[:, None]
    # Computed as x + (1 - s)(y - x), whose rows sum to 1 as exactly as those of x and y.
    return batch.targets + (1 - own) * (batch.targets[partner] - batch.targets)


def _mix_pixels(images: Tensor, partner: Tensor, mask: Tensor) -> Tensor:
    others = images[partner]
    if mask.dtype == torch.bool:
        return torch.where(mask, images, others)
    return torch.lerp(others, images, mask.to(images.dtype).expand_as(images))
