import numpy as np
import pytest
import torch
from scipy import stats

from augury.augment.color.gaussian_noise import GaussianNoise, GaussianNoiseParams
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch, noise_batch
from helpers.sampling import sample_many


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_equals_its_equation(dtype):
    batch = noise_batch(6, (3, 5, 7))
    images = batch.images if dtype == torch.uint8 else batch.images / 255
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    sigma = torch.tensor([0.0, 0.05, 0.1, 0.3, 0.7, 1.0])
    params = GaussianNoiseParams(sigma, noise)
    found = GaussianNoise().apply(batch.with_images(images), params).images
    levels = batch.images.numpy().astype(np.float64) / 255
    expected = np.clip(levels + sigma.numpy()[:, None, None, None] * noise.numpy(), 0, 1)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)
    assert torch.equal(found[0], batch.images[0] / 255)


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_have_the_documented_distribution(channels):
    """Of 480,000 values of middle gray the standard deviation is known to 0.1 %."""
    batch = make_batch(torch.full((480_000 // (400 * channels), channels, 20, 20), 0.5))
    found = GaussianNoise()(batch, Draws(3, 7, batch.ids)).images.double() - 0.5
    assert stats.kstest(found.flatten().numpy() / 0.1, "norm").pvalue > 1e-4
    assert abs(found.std() / 0.1 - 1) < 4.5e-3
    assert abs(found.mean()) < 4.5 * 0.1 / 480_000**0.5
    by_channel = found.transpose(0, 1).flatten(1).numpy()
    if channels == 3:
        assert np.abs(np.corrcoef(by_channel)[np.triu_indices(3, 1)]).max() < 4.5 / 160_000**0.5


def test_black_and_white_are_clipped():
    batch = make_batch(
        torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 3, 9, 9)
    )
    black, white = GaussianNoise(0.5)(batch, Draws(3, 7, batch.ids)).images
    assert black.min() == 0
    assert white.max() == 1
    for clipped in (black == 0, white == 1):
        assert abs(clipped.double().mean() - 0.5) < 4.5 * 0.5 / clipped.numel() ** 0.5


def test_a_number_is_the_same_for_all_images_and_a_range_is_uniform():
    assert (sample_many(GaussianNoise()).sigma == np.float32(0.1)).all()
    sigma = sample_many(GaussianNoise((0.05, 0.25))).sigma
    assert stats.kstest(sigma.numpy(), stats.uniform(0.05, 0.2).cdf).pvalue > 1e-4


@pytest.mark.parametrize("sigma", [-0.1, 1.5, (0.2, 0.1), (0.1, 2), float("nan")])
def test_a_bad_sigma_is_named(sigma):
    with pytest.raises(InputError, match=r"sigma: must be a number or a rising pair within \[0, 1"):
        GaussianNoise(sigma)
