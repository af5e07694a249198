import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, stats

from augury.augment.color.blur import Blur, BlurParams
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import sample_many


@given(
    sigma=st.floats(0.125, 3, width=32),
    largest=st.floats(0.3, 3),
    shape=st.tuples(st.sampled_from([1, 3]), st.integers(1, 30), st.integers(1, 30)),
    seed=st.integers(0, 1000),
)
def test_equals_scipy(sigma, largest, shape, seed):
    image = np.random.default_rng(seed).random(shape).astype(np.float32)
    batch = make_batch(torch.from_numpy(image)[None])
    found = Blur((0.1, largest)).apply(batch, BlurParams(torch.tensor([sigma]))).images[0]
    radius = int(np.ceil(3 * largest))
    expected = [
        ndimage.gaussian_filter(channel.astype(np.float64), sigma, mode="nearest", radius=radius)
        for channel in image
    ]
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_each_image_has_its_own_width():
    images = torch.zeros(2, 1, 9, 9)
    images[:, :, 4, 4] = 1
    found = Blur((0.5, 1)).apply(make_batch(images), BlurParams(torch.tensor([0.5, 1.0]))).images
    for sigma, image in zip((0.5, 1.0), found[:, 0], strict=True):
        kernel = np.exp(-(np.arange(-3, 4) ** 2) / (2 * sigma**2))
        kernel /= kernel.sum()
        expected = np.pad(np.outer(kernel, kernel), 1)
        np.testing.assert_allclose(image.numpy(), expected, atol=1e-6)


def test_a_constant_image_stays_as_it_is():
    images = torch.full((3, 3, 5, 1), 0.7)
    found = Blur().apply(make_batch(images), BlurParams(torch.tensor([0.1, 1.0, 2.0]))).images
    torch.testing.assert_close(found, images)


def test_draws_match_the_documented_distribution():
    sigma = sample_many(Blur()).sigma
    assert stats.kstest(sigma.numpy(), stats.uniform(0.1, 1.9).cdf).pvalue > 1e-4


@pytest.mark.parametrize(
    ("sigma", "message"),
    [
        ((2, 1), r"sigma: must be a rising pair within \[0, inf\]"),
        ((0, 1), "sigma: must be over 0, got 0"),
    ],
)
def test_a_bad_range_is_named(sigma, message):
    with pytest.raises(InputError, match=message):
        Blur(sigma)
