import numpy as np
import pytest
import torch
from pillow import from_pillow, gray_levels, to_pillow

from augury.augment.color.grayscale import Grayscale, GrayscaleParams
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import is_rate, sample_many


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_equals_its_equation_and_pillow_up_to_rounding(dtype):
    image = np.random.default_rng(0).integers(0, 256, (3, 9, 14)).astype(np.uint8)
    images = torch.from_numpy(image).expand(2, -1, -1, -1)
    images = images if dtype == torch.uint8 else images / 255
    params = GrayscaleParams(torch.tensor([True, False]))
    found = Grayscale().apply(make_batch(images), params).images.numpy()
    for channel in found[0]:
        np.testing.assert_allclose(channel, gray_levels(image) / 255, atol=1e-5)
        expected = from_pillow(to_pillow(image).convert("L"))[0]
        np.testing.assert_allclose(channel * 255, expected, atol=0.501)
    np.testing.assert_allclose(found[1], image / 255, atol=1e-7)


def test_white_stays_white_and_primaries_have_their_weights():
    colors = torch.tensor([[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]])
    images = colors.to(torch.uint8).view(4, 3, 1, 1)
    found = (
        Grayscale()
        .apply(make_batch(images), GrayscaleParams(torch.ones(4, dtype=torch.bool)))
        .images
    )
    expected = torch.tensor([1, 0.299, 0.587, 0.114])[:, None].expand(-1, 3)
    torch.testing.assert_close(found.flatten(1), expected)


def test_one_channel_keeps_its_values():
    images = torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    params = GrayscaleParams(torch.tensor([True, False]))
    assert torch.equal(Grayscale().apply(make_batch(images), params).images, images)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_rate_is_the_documented(channels):
    assert is_rate(sample_many(Grayscale(), channels=channels).gray, 0.1)
    assert is_rate(sample_many(Grayscale(0.35), channels=channels).gray, 0.35)


def test_a_bad_probability_is_named():
    with pytest.raises(InputError, match=r"p: must lie in \[0, 1\], got 1.5"):
        Grayscale(p=1.5)
