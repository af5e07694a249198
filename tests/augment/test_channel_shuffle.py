from itertools import permutations

import numpy as np
import pytest
import torch
from scipy import stats
from torchvision.transforms.v2.functional import permute_channels

from augury.augment.color.channel_shuffle import ChannelShuffle, ChannelShuffleParams
from augury.errors import InputError
from helpers.batches import noise_batch
from helpers.sampling import is_rate, sample_many

SIX = list(permutations(range(3)))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bfloat16])
def test_equals_torchvision_and_keeps_the_values(dtype):
    batch = noise_batch(6, (3, 4, 5))
    batch = batch if dtype == torch.uint8 else batch.with_images(batch.images.to(dtype) / 255)
    found = ChannelShuffle().apply(batch, ChannelShuffleParams(torch.tensor(SIX))).images
    assert found.dtype == dtype
    for image, order, one in zip(batch.images, SIX, found, strict=True):
        assert torch.equal(one, permute_channels(image, list(order)))


def test_one_channel_stays():
    batch = noise_batch(6, (1, 4, 5))
    found = ChannelShuffle().apply(batch, ChannelShuffleParams(torch.tensor(SIX)))
    assert torch.equal(found.images, batch.images)


def test_all_six_orders_are_equally_likely():
    drawn = sample_many(ChannelShuffle()).order
    places = drawn @ torch.tensor([9, 3, 1])
    counts = [int((places == 9 * a + 3 * b + c).sum()) for a, b, c in SIX]
    assert sum(counts) == len(drawn)
    assert stats.chisquare(counts).pvalue > 1e-4


def test_the_rate_is_the_documented():
    drawn = sample_many(ChannelShuffle(p=0.3)).order
    moved = (drawn != torch.arange(3)).any(1)
    assert is_rate(moved, 0.3 * 5 / 6)
    counts = np.unique(drawn[moved].numpy(), axis=0, return_counts=True)[1]
    assert len(counts) == 5
    assert stats.chisquare(counts).pvalue > 1e-4


def test_a_bad_probability_is_named():
    with pytest.raises(InputError, match=r"p: must lie in \[0, 1\], got 1.5"):
        ChannelShuffle(p=1.5)
