import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageEnhance
from pillow import enhanced, random_image
from scipy import ndimage, stats

from augury.augment.color.sharpness import Sharpness, SharpnessParams
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import is_rate, sample_many

KERNEL = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13


def smoothed(channel):
    found = channel.astype(np.float64)
    found[1:-1, 1:-1] = ndimage.correlate(channel.astype(np.float64), KERNEL)[1:-1, 1:-1]
    return found


@given(factor=st.floats(0, 2, width=32), image=random_image())
def test_equals_its_equation_and_pillow_up_to_rounding(factor, image):
    batch = make_batch(torch.from_numpy(image)[None])
    found = Sharpness().apply(batch, SharpnessParams(torch.tensor([factor]))).images[0].numpy()
    soft = np.stack([smoothed(channel) for channel in image])
    expected = (soft + factor * (image - soft)).clip(0, 255)
    np.testing.assert_allclose(found, expected / 255, atol=1e-5)
    # PIL rounds what is smoothed (half a level) and cuts the result.
    np.testing.assert_allclose(
        found * 255, enhanced(ImageEnhance.Sharpness, image, factor), atol=1.51
    )


def test_by_hand():
    images = torch.zeros(3, 1, 3, 4)
    images[:, 0, 1, 1] = 0.52
    params = SharpnessParams(torch.tensor([0.0, 1.0, 2.0]))
    found = Sharpness().apply(make_batch(images), params).images[:, 0]
    # Smoothed, the bright pixel keeps 5/13 of its value and the other inner one gets 1/13.
    torch.testing.assert_close(found[0, 1], torch.tensor([0, 0.2, 0.04, 0]))
    torch.testing.assert_close(found[1], images[1, 0])
    torch.testing.assert_close(found[2, 1], torch.tensor([0, 0.84, 0, 0]))
    assert not found[:, [0, 2]].any()


def test_draws_match_the_documented_distribution():
    factor = sample_many(Sharpness()).factor
    changed = factor != 1
    assert is_rate(changed, 0.5)
    assert stats.kstest(factor[changed].numpy(), stats.uniform(0.1, 1.8).cdf).pvalue > 1e-4
    assert is_rate(sample_many(Sharpness((2, 2), p=0.2)).factor == 2, 0.2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"factor": (-0.1, 1)}, r"factor: must be a rising pair within \[0, inf\]"),
        ({"p": 1.5}, r"p: must lie in \[0, 1\], got 1.5"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Sharpness(**arguments)
