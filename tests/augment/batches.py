"""Batches for tests."""

import torch

from augury.batch import Batch
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
