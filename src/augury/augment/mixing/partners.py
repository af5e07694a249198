"""Pairs of images to mix, and the mixing of images, targets and stored maps."""

from functools import partial

import torch
from torch import Tensor

from augury.batch import Batch, to_float
from augury.kernels import on_gpu
from augury.rng import Draws


def draw_partners(draws: Draws, operation: str) -> Tensor:
    """(B,) int64: the row of each sample's partner, another sample of the batch.

    The samples form a circle, in an order drawn for each (seed, epoch), and each one's partner is
    the next. So no sample is mixed with itself (except in a batch of one), each is a partner once,
    and the circle does not depend on the order of the batch. Copies of one id skip each other: see
    `next_of_another_id`.
    """
    key = draws.bits(operation + " partner", 1)[:, 0]
    if key.is_cuda:
        found = on_gpu.find_partners(key, draws.ids, draws.repeats)
        if found is not None:
            return found
    # Sorted by id first, and stably, so that the id decides between equal keys.
    first = by_id(draws)
    return next_of_another_id(first[key[first].argsort(stable=True)], draws.ids)


def by_id(draws: Draws) -> Tensor:
    """(B,) int64: the rows sorted by id, and copies of one id by their repeat number."""
    by_repeat = draws.repeats.argsort(stable=True)
    return by_repeat[draws.ids[by_repeat].argsort(stable=True)]


def next_of_another_id(circle: Tensor, ids: Tensor) -> Tensor:
    """(B,) int64: for each row the next row of the circle that has another id.

    circle: (B,) int64, the rows in the order of the circle; ids: (B,), the ids of the rows.
    If all rows have the same id, it is the next row.
    """
    n, around = len(circle), ids[circle]
    place = torch.arange(n, device=ids.device)
    # For each place, where its run of equal ids ends: on a second lap for the run at the circle's
    # end, and 2 n (nowhere) if there is only one id.
    ends = torch.where(around != around.roll(-1), place, 2 * n)
    end = torch.cat((ends, ends + n)).flip(0).cummin(0).values.flip(0)[:n]
    following = torch.where(end < 2 * n, end, place) + 1
    return torch.empty_like(circle).scatter(0, circle, circle.repeat(2)[following])


def mix(batch: Batch, partner: Tensor, mask: Tensor, share: Tensor) -> Batch:
    """Mix each image with its partner by `mask`, and their targets by `share`.

    partner: (B,) int64 rows. mask: (B, H, W), bool or float in [0, 1], the image's share of each
    pixel; the partner has the rest. share: (B,) in [0, 1], the image's share of the target.
    A bool mask keeps the dtype; a float mask gives float32.
    """
    move = partial(_mix_pixels, partner=partner, mask=mask[:, None])
    images = batch.images if mask.dtype == torch.bool else to_float(batch.images)
    return batch.moved(move(images), move, mixed_targets(batch, partner, share))


def mixed_targets(batch: Batch, partner: Tensor, share: Tensor) -> Tensor:
    """(B, K): share · target + (1 - share) · target of the partner; share: (B,) in [0, 1].

    Targets with share 1 stay bit for bit.
    """
    own = share.to(batch.targets.dtype)[:, None]
    # As x + (1 - s)(y - x): its rows sum to 1 as exactly as the rows of x and y.
    return batch.targets + (1 - own) * (batch.targets[partner] - batch.targets)


def _mix_pixels(images: Tensor, partner: Tensor, mask: Tensor) -> Tensor:
    others = images[partner]
    if mask.dtype == torch.bool:
        return torch.where(mask, images, others)
    return torch.lerp(others, images, mask.to(images.dtype).expand_as(images))
