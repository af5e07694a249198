import colorsys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from augury.augment.color.hue import Hue, HueParams
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import sample_many


def by_colorsys(image, shift):
    """(3, H, W) in [0, 1], pixel by pixel."""
    found = np.empty(image.shape)
    for row, column in np.ndindex(image.shape[1:]):
        hue, saturation, value = colorsys.rgb_to_hsv(*image[:, row, column].tolist())
        found[:, row, column] = colorsys.hsv_to_rgb((hue + shift) % 1, saturation, value)
    return found


@given(shift=st.floats(-0.5, 0.5, width=32), levels=st.integers(1, 255), seed=st.integers(0, 10**6))
def test_equals_colorsys(shift, levels, seed):
    """Of few levels, so that grays and equal channels are among the pixels."""
    values = np.random.default_rng(seed).integers(0, levels + 1, (3, 6, 7))
    image = torch.from_numpy(values / levels).float()
    found = Hue().apply(make_batch(image[None]), HueParams(torch.tensor([shift]))).images[0]
    np.testing.assert_allclose(found.numpy(), by_colorsys(image.numpy(), shift), atol=1e-5)


def test_thirds_of_a_turn_exchange_the_channels():
    images = torch.tensor([0.9, 0.2, 0.4]).view(1, 3, 1, 1).expand(4, -1, -1, -1)
    params = HueParams(torch.tensor([0, 1 / 3, -1 / 3, 0.5]))
    found = Hue().apply(make_batch(images), params).images.flatten(1)
    # Half a turn: the largest and the smallest change places, the middle one is mirrored.
    expected = [[0.9, 0.2, 0.4], [0.4, 0.9, 0.2], [0.2, 0.4, 0.9], [0.2, 0.9, 0.7]]
    torch.testing.assert_close(found, torch.tensor(expected))


@pytest.mark.parametrize("channels", [1, 3])
def test_grays_keep_their_values(channels):
    images = torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    images = images.expand(-1, channels, -1, -1)
    params = HueParams(torch.linspace(-0.5, 0.5, 5))
    assert torch.equal(Hue().apply(make_batch(images), params).images, images)


def test_no_turn_changes_no_bit():
    images = torch.rand(5, 3, 6, 7, generator=torch.Generator().manual_seed(0))
    found = Hue().apply(make_batch(images), HueParams(torch.tensor([0, -0.0, 0.1, 0, 0]))).images
    still = torch.tensor([0, 1, 3, 4])
    assert torch.equal(found[still], images[still])
    assert not torch.equal(found[2], images[2])


def test_draws_match_the_documented_distribution():
    shift = sample_many(Hue()).shift
    assert stats.kstest(shift.numpy(), stats.uniform(-0.1, 0.2).cdf).pvalue > 1e-4


def test_a_bad_shift_is_named():
    with pytest.raises(InputError, match=r"shift: must lie in \[0, 0.5\] turns, got 0.6"):
        Hue(shift=0.6)
