"""Who is mixed with whom, and what mixing does to images, targets and stored maps."""

from functools import partial

import torch
from torch import Tensor

from augury.batch import Batch, to_float
from augury.rng import Draws


def draw_partners(draws: Draws, operation: str) -> Tensor:
    """(B,) int64: the row of each sample's partner, another sample of the batch.

    The samples sit down in a circle, in an order drawn anew for each (seed, epoch): each one's
    partner is its neighbor. So nobody is mixed with itself (but for a batch of one), everyone is
    a partner once, and the circle does not depend on the order of the batch. Where an id is in the
    batch more than once, its copies pass over each other: see `next_of_another_id`.
    """
    key = draws.bits(operation + " partner", 1)[:, 0]
    # The id decides between equal keys; sorting by it first, stably, does that.
    first = by_id(draws)
    return next_of_another_id(first[key[first].argsort(stable=True)], draws.ids)


def by_id(draws: Draws) -> Tensor:
    """(B,) int64: the rows in the order of their ids; copies of one in that of their repeats."""
    by_repeat = draws.repeats.argsort(stable=True)
    return by_repeat[draws.ids[by_repeat].argsort(stable=True)]


def next_of_another_id(circle: Tensor, ids: Tensor) -> Tensor:
    """(B,) int64: for each row the next one round the circle whose id is another.

    circle: (B,) int64, the rows in the order in which they sit; ids: (B,), those of the rows.
    Where all rows have one id, the next row.
    """
    n, around = len(circle), ids[circle]
    place = torch.arange(n, device=ids.device)
    # Where the run of its id ends that each place lies in: in a second lap for the circle's end,
    # and nowhere, which is 2 n, where there is one id.
    ends = torch.where(around != around.roll(-1), place, 2 * n)
    end = torch.cat((ends, ends + n)).flip(0).cummin(0).values.flip(0)[:n]
    following = torch.where(end < 2 * n, end, place) + 1
    return torch.empty_like(circle).scatter(0, circle, circle.repeat(2)[following])


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
