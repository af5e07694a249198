import io

import numpy as np
import pytest
import torch
from PIL import Image, features
from pillow import from_pillow, to_pillow
from scipy import stats

from augury.augment.color.jpeg import Jpeg, JpegParams
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import is_rate, sample_many

turbo = pytest.mark.skipif(
    not features.check("libjpeg_turbo"), reason="this Pillow has another JPEG library"
)


def written_and_read(image, quality):
    """One (C, H, W) uint8 image as Pillow's default JPEG."""
    file = io.BytesIO()
    to_pillow(image).save(file, "JPEG", quality=quality)
    return from_pillow(Image.open(file))


def smooth_images(n, channels, height=17, width=26):
    """(n, C, H, W) uint8: slopes of color with some noise."""
    generator = np.random.default_rng(0)
    rows, columns = np.linspace(0, 1, height)[:, None], np.linspace(0, 1, width)
    slopes = generator.random((2, n, channels, 1, 1))
    noise = generator.normal(0, 0.03, (n, channels, height, width))
    return np.clip(255 * (slopes[0] * rows + slopes[1] * columns + noise), 0, 255).astype(np.uint8)


@turbo
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_equals_pillow_bit_for_bit(channels, dtype):
    quality = torch.tensor([1, 10, 49, 50, 51, 75, 95, 100, 30, 30])
    chosen = torch.arange(10) < 8
    values = smooth_images(10, channels)
    images = torch.from_numpy(values)
    images = images if dtype == torch.uint8 else images / 255
    found = Jpeg().apply(make_batch(images), JpegParams(quality, chosen)).images
    assert found.dtype == dtype
    levels = (found if dtype == torch.uint8 else found * 255).round().to(torch.uint8).numpy()
    for i in range(8):
        expected = written_and_read(values[i], int(quality[i]))
        np.testing.assert_array_equal(levels[i], expected)
        assert (expected != values[i]).any()
    assert torch.equal(found[8:], images[8:])


def test_floats_are_rounded_to_levels_first_and_images_that_are_not_chosen_are_not():
    images = torch.rand(4, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    params = JpegParams(torch.full((4,), 60), torch.tensor([True, True, False, False]))
    found = Jpeg().apply(make_batch(images), params).images
    levels = (images * 255).round().to(torch.uint8)
    expected = Jpeg().apply(make_batch(levels), params).images
    assert torch.equal(found[:2], expected[:2] / 255)
    assert torch.equal(found[2:], images[2:])


def test_qualities_are_equally_likely_and_both_ends_are_among_them():
    quality = sample_many(Jpeg()).quality
    assert (quality.min(), quality.max()) == (50, 100)
    assert stats.chisquare(np.bincount(quality)[50:]).pvalue > 1e-4
    assert (sample_many(Jpeg(30)).quality == 30).all()


def test_the_rate_is_the_documented():
    assert sample_many(Jpeg()).chosen.all()
    assert is_rate(sample_many(Jpeg(p=0.2)).chosen, 0.2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"quality": 0}, r"quality: must be a number or a rising pair within \[1, 100\], got 0"),
        ({"quality": (90, 80)}, r"quality: must be a number or a rising pair .* \(90, 80\)"),
        ({"quality": (50.5, 80)}, r"quality: must be whole numbers, got \(50.5, 80\)"),
        ({"p": 1.5}, r"p: must lie in \[0, 1\], got 1.5"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Jpeg(**arguments)
