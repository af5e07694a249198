from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from augury.augment.color.downscale import Downscale, DownscaleParams
from augury.errors import InputError
from helpers.batches import make_batch, noise_batch
from helpers.sampling import is_rate, sample_many


def shrunk_and_enlarged(line, scale):
    """A list of pixels by OpenCV's nearest neighbor, in exact fractions."""
    count = max(1, round(Fraction(scale) * len(line)))
    small = [line[min(int(k / Fraction(scale)), len(line) - 1)] for k in range(count)]
    return [small[x * count // len(line)] for x in range(len(line))]


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    shares=st.lists(st.integers(1, 32), min_size=3, max_size=3),
)
def test_equals_opencvs_rule(height, width, shares):
    images = torch.arange(3 * height * width).view(3, 1, height, width) % 251
    scales = [each / 32 for each in shares]
    params = DownscaleParams(torch.tensor(scales, dtype=torch.float64))
    found = Downscale().apply(make_batch(images.to(torch.uint8)), params).images
    for image, scale, one in zip(images, scales, found, strict=True):
        rows = shrunk_and_enlarged(list(range(height)), scale)
        columns = shrunk_and_enlarged(list(range(width)), scale)
        expected = image[0].numpy()[np.ix_(rows, columns)]
        np.testing.assert_array_equal(one[0].numpy(), expected)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bfloat16])
def test_a_quarter_shows_one_pixel_of_sixteen_and_keeps_its_value(dtype):
    batch = noise_batch(2, (3, 8, 12))
    images = batch.images if dtype == torch.uint8 else batch.images.to(dtype) / 255
    params = DownscaleParams(torch.tensor([0.25, 1.0], dtype=torch.float64))
    found = Downscale().apply(batch.with_images(images), params).images
    assert found.dtype == dtype
    kept = images[0, :, ::4, ::4].repeat_interleave(4, 1).repeat_interleave(4, 2)
    assert torch.equal(found[0], kept)
    assert torch.equal(found[1], images[1])


def test_a_side_keeps_at_least_one_pixel():
    batch = noise_batch(1, (3, 2, 9))
    params = DownscaleParams(torch.tensor([0.01], dtype=torch.float64))
    found = Downscale().apply(batch, params).images
    assert torch.equal(found, batch.images[:, :, :1, :1].expand_as(batch.images))


def test_scales_are_uniform_and_the_rate_is_the_documented():
    assert is_rate(sample_many(Downscale()).scale == 0.25, 0.5)
    scale = sample_many(Downscale((0.3, 0.8), p=0.7)).scale
    assert is_rate(scale != 1, 0.7)
    drawn = scale[scale != 1].numpy()
    assert stats.kstest(drawn, stats.uniform(0.3, 0.5).cdf).pvalue > 1e-4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0}, "scale: must be over 0, got 0"),
        ({"scale": (0.5, 1.5)}, r"scale: must be a number or a rising pair within \[0, 1\], got"),
        ({"scale": (0.9, 0.5)}, r"scale: must be a number or a rising pair within \[0, 1\], got"),
        ({"p": -1}, r"p: must lie in \[0, 1\], got -1"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Downscale(**arguments)
