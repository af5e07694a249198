import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageEnhance
from pillow import enhanced, random_image
from scipy import stats

from augury.augment.color.brightness import Brightness, BrightnessParams
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import sample_many


@given(factor=st.floats(0, 2, width=32), image=random_image())
def test_equals_its_equation_and_pillow_up_to_rounding(factor, image):
    batch = make_batch(torch.from_numpy(image)[None])
    found = Brightness().apply(batch, BrightnessParams(torch.tensor([factor]))).images[0].numpy()
    np.testing.assert_allclose(found, np.minimum(image / 255.0 * factor, 1), atol=1e-5)
    expected = enhanced(ImageEnhance.Brightness, image, factor)
    # PIL cuts the result to whole levels.
    np.testing.assert_allclose(found * 255, expected, atol=1.001)


def test_by_hand():
    images = torch.tensor([0, 51, 204], dtype=torch.uint8).view(1, 1, 1, 3).expand(3, -1, -1, -1)
    params = BrightnessParams(torch.tensor([0.0, 0.5, 1.5]))
    found = Brightness().apply(make_batch(images), params).images.view(3, 3)
    expected = torch.tensor([[0, 0, 0], [0, 0.1, 0.4], [0, 0.3, 1.0]])
    torch.testing.assert_close(found, expected)


def test_draws_match_the_documented_distribution():
    factor = sample_many(Brightness()).factor
    assert stats.kstest(factor.numpy(), stats.uniform(0.6, 0.8).cdf).pvalue > 1e-4


def test_a_bad_strength_is_named():
    with pytest.raises(InputError, match=r"strength: must lie in \[0, 1\], got 1.5"):
        Brightness(strength=1.5)
