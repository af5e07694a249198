import math

import numpy as np
import pytest
import torch
from scipy import stats
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

from augury.augment.geometry.elastic import Elastic, ElasticParams
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch
from helpers.sampling import is_rate, sample_many


def noise(n, height, width):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(n, 3, height, width, generator=generator)


@pytest.mark.parametrize("size", [(32, 32), (17, 40), (96, 64)], ids=str)
def test_pixels_equal_torchvisions_with_the_same_displacement(size):
    height, width = size
    images = noise(6, height, width)
    batch = make_batch(images)
    augmentation = Elastic(alpha=200)
    params = augmentation.sample(batch, Draws(0, 0, batch.ids))
    found = augmentation.apply(batch, params).images
    # In torchvision's coordinates the image reaches from -1 to 1.
    displacement = torch.stack((params.x * 2 / width, params.y * 2 / height), -1)
    for i in range(len(images)):
        expected = F.elastic(images[i], displacement[i : i + 1], InterpolationMode.BILINEAR)
        torch.testing.assert_close(found[i], expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("size", "alpha", "sigma"),
    [((32, 32), 50.0, 5.0), ((21, 40), 50.0, 5.0), ((9, 12), 30.0, 0.8), ((60, 70), 90.0, 3.1)],
    ids=str,
)
def test_displacements_equal_torchvisions_with_the_same_noise(size, alpha, sigma):
    """Its formula: uniform noise in [-1, 1], blurred, times alpha / side, of an image of 2."""
    height, width = size
    batch = make_batch(noise(20, height, width))
    draws = Draws(0, 0, batch.ids)
    params = Elastic(alpha, sigma).sample(batch, draws)
    words = draws.bits("elastic noise", height * width).view(-1, 1, height, width)
    kernel = int(8 * sigma + 1) // 2 * 2 + 1
    for values, half in ((params.y, words % 2**12), (params.x, words // 2**16 % 2**12)):
        uniform = (half.double() + 0.5) / 2**11 - 1
        blurred = F.gaussian_blur(uniform, [kernel, kernel], [sigma, sigma])
        expected = blurred * (alpha / 2)
        torch.testing.assert_close(values[:, None].double(), expected, atol=1e-4, rtol=0)


def test_draws_match_the_documented_distribution():
    """Without smoothing the noise itself is seen."""
    params = sample_many(Elastic(alpha=6, sigma=0.1, p=0.3), (2, 2))
    assert is_rate(params.chosen, 0.3)
    for values in (params.y, params.x):
        assert stats.kstest(values[:, 0, 1].numpy(), stats.uniform(-3, 6).cdf).pvalue > 1e-4
    columns = torch.cat((params.y.flatten(1), params.x.flatten(1)), 1).T.numpy()
    assert np.abs(np.corrcoef(columns) - np.eye(8)).max() < 4.5 / len(params.y) ** 0.5
    assert sample_many(Elastic(), (1, 2)).chosen.all()


def test_by_default_pixels_move_by_four_fifths_of_a_pixel():
    """Far from the border: 25 pixels times uniform noise, smoothed in both directions."""
    batch = make_batch(torch.zeros(1, 1, 45, 45).expand(2000, -1, -1, -1))
    params = Elastic().sample(batch, Draws(1, 0, batch.ids))
    expected = 25 / math.sqrt(3) / (2 * 5 * math.sqrt(math.pi))
    assert expected == pytest.approx(0.814, abs=5e-4)
    middle = torch.cat((params.y[:, 22, 22], params.x[:, 22, 22]))
    assert float(middle.std()) == pytest.approx(expected, rel=4 / (2 * 4000) ** 0.5)


def test_by_hand():
    """The first pixel reads one to the right, the second half a pixel beyond the image."""
    batch = make_batch(torch.tensor([0.2, 0.6]).view(1, 1, 1, 2))
    zero, x = torch.zeros(1, 1, 2), torch.tensor([[[1.0, 0.5]]])
    found = Elastic().apply(batch, ElasticParams(torch.tensor([True]), zero, x)).images
    torch.testing.assert_close(found.flatten(), torch.tensor([0.6, 0.3]))


def test_a_gaussian_wider_than_the_image_smooths_all_the_same():
    batch = make_batch(noise(200, 6, 5))
    params = Elastic().sample(batch, Draws(0, 0, batch.ids))
    inside = params.y.std((1, 2)).mean() / params.y.std()
    assert inside < 0.3, "neighbors move together"


def test_stored_maps_follow_and_others_keep_every_bit():
    images = noise(50, 12, 10)
    batch = make_batch(images)
    augmentation = Elastic(p=0.5)
    found = augmentation(batch, Draws(0, 0, batch.ids))
    (move,) = found.moves
    torch.testing.assert_close(move(images), found.images, atol=1e-6, rtol=0)
    same = (found.images == images).flatten(1).all(1)
    assert torch.equal(~same, augmentation.sample(batch, Draws(0, 0, batch.ids)).chosen)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": 0}, "alpha: must be over 0, got 0"),
        ({"sigma": -1}, "sigma: must be over 0, got -1"),
        ({"p": 2}, r"p: must lie in \[0, 1\], got 2"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Elastic(**arguments)
