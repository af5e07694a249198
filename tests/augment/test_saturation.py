import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageEnhance
from pillow import enhanced, gray_levels, random_image
from scipy import stats

from augury.augment.color.saturation import Saturation, SaturationParams
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import sample_many


@given(factor=st.floats(0, 2, width=32), image=random_image())
def test_equals_its_equation_and_pillow_up_to_rounding(factor, image):
    batch = make_batch(torch.from_numpy(image)[None])
    found = Saturation().apply(batch, SaturationParams(torch.tensor([factor]))).images[0].numpy()
    gray = gray_levels(image)
    expected = (gray + factor * (image - gray)).clip(0, 255)
    np.testing.assert_allclose(found, expected / 255, atol=1e-5)
    # PIL rounds luma (half a level) and cuts the result.
    np.testing.assert_allclose(found * 255, enhanced(ImageEnhance.Color, image, factor), atol=1.51)


def test_by_hand():
    red = torch.tensor([255, 0, 0], dtype=torch.uint8).view(1, 3, 1, 1).expand(3, -1, -1, -1)
    params = SaturationParams(torch.tensor([0.0, 0.5, 2.0]))
    found = Saturation().apply(make_batch(red), params).images.flatten(1)
    expected = torch.tensor([[0.299, 0.299, 0.299], [0.6495, 0.1495, 0.1495], [1, 0, 0]])
    torch.testing.assert_close(found, expected)


def test_one_channel_keeps_its_values():
    images = torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    params = SaturationParams(torch.linspace(0, 2, 5))
    assert torch.equal(Saturation().apply(make_batch(images), params).images, images)


def test_draws_match_the_documented_distribution():
    factor = sample_many(Saturation(0.8)).factor
    assert stats.kstest(factor.numpy(), stats.uniform(0.2, 1.6).cdf).pvalue > 1e-4
    assert Saturation().strength == 0.4


def test_a_bad_strength_is_named():
    with pytest.raises(InputError, match=r"strength: must lie in \[0, 1\], got 1.5"):
        Saturation(strength=1.5)
