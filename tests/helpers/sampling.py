"""The params that an augmentation draws for many images, and rates among them."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from augury.augment import Augmentation
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch

DRAWS = 60_000


def sample_many(
    augmentation: Augmentation[Any], size: tuple[int, int] = (1, 1), channels: int = 3
) -> Any:
    """The params of 60,000 images: a rate is known to 0.8 points at 4 standard errors."""
    batch = make_batch(torch.zeros(1, channels, *size).expand(DRAWS, -1, -1, -1))
    return augmentation.sample(batch, Draws(5, 2, batch.ids))


def sampled_boxes(augmentation: Augmentation[Any], height: int, width: int) -> list[NDArray[Any]]:
    """Top, left, height and width of 60,000 draws."""
    params = sample_many(augmentation, (height, width))
    return [getattr(params, name).numpy() for name in ("top", "left", "height", "width")]


def random_partners(seed: int, n: int) -> Tensor:
    """(n,) int64 rows in 0..n-1; a row may be its own partner."""
    return torch.from_numpy(np.random.default_rng(seed).integers(0, n, n))


def is_rate(flags: Tensor, p: float) -> bool:
    """Whether the share of `flags` that are set is p, to within 4 standard errors."""
    error = (p * (1 - p) / len(flags)) ** 0.5
    return bool(abs(flags.double().mean() - p) < 4 * error)


def check_rate_and_bounds_of_p(kind: type[Any], field: str) -> None:
    """`field` of the params is set with probability p, ½ by default; p over 1 is named."""
    assert is_rate(getattr(sample_many(kind()), field), 0.5)
    assert is_rate(getattr(sample_many(kind(p=0.2)), field), 0.2)
    with pytest.raises(InputError, match=r"p: must lie in \[0, 1\], got 1.5"):
        kind(p=1.5)
