"""Batches for tests, and what is checked on many of them."""

import pytest
import torch

from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws

DRAWS = 60_000


def make_batch(images):
    """Images (B, C, H, W) with targets and ids of no meaning."""
    n = len(images)
    return Batch(images, torch.ones(n, 1), torch.arange(n))


def sample_many(augmentation, size=(1, 1), channels=3):
    """The params of 60,000 images: a rate is known to 0.8 points at 4 standard errors."""
    batch = make_batch(torch.zeros(1, channels, *size).expand(DRAWS, -1, -1, -1))
    return augmentation.sample(batch, Draws(5, 2, batch.ids))


def is_rate(flags, p):
    """Whether as many of the flags are set as probability p lets expect (4 standard errors)."""
    return abs(flags.double().mean() - p) < 4 * (p * (1 - p) / len(flags)) ** 0.5


def check_rate_and_bounds_of_p(kind, field):
    """`field` of the params is set with probability p, ½ by default; p over 1 is named."""
    assert is_rate(getattr(sample_many(kind()), field), 0.5)
    assert is_rate(getattr(sample_many(kind(p=0.2)), field), 0.2)
    with pytest.raises(InputError, match=r"p: must lie in \[0, 1\], got 1.5"):
        kind(p=1.5)
