import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageEnhance
from pillow import enhanced, gray_levels, random_image
from scipy import stats

from augury.augment.color.contrast import Contrast, ContrastParams
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import sample_many


@given(factor=st.floats(0, 2, width=32), image=random_image())
def test_equals_its_equation_and_pillow_up_to_rounding(factor, image):
    batch = make_batch(torch.from_numpy(image)[None])
    found = Contrast().apply(batch, ContrastParams(torch.tensor([factor]))).images[0].numpy()
    mean = gray_levels(image).mean()
    expected = (mean + factor * (image - mean)).clip(0, 255)
    np.testing.assert_allclose(found, expected / 255, atol=1e-5)
    # PIL rounds luma and its mean (half a level each) and cuts the result.
    np.testing.assert_allclose(
        found * 255, enhanced(ImageEnhance.Contrast, image, factor), atol=2.01
    )


def test_by_hand():
    images = torch.tensor([51, 51, 51, 255], dtype=torch.uint8).view(1, 1, 2, 2)
    images = images.expand(4, 3, -1, -1)
    params = ContrastParams(torch.tensor([0.0, 0.5, 1.0, 2.0]))
    found = Contrast().apply(make_batch(images), params).images[:, 0].flatten(1)
    # The mean is 0.4; at factor 2, 0.2 becomes 0 and 1 would become 1.6.
    expected = [[0.4, 0.4, 0.4, 0.4], [0.3, 0.3, 0.3, 0.7], [0.2, 0.2, 0.2, 1], [0, 0, 0, 1]]
    torch.testing.assert_close(found, torch.tensor(expected), atol=1e-6, rtol=0)


def test_draws_match_the_documented_distribution():
    factor = sample_many(Contrast(0.8)).factor
    assert stats.kstest(factor.numpy(), stats.uniform(0.2, 1.6).cdf).pvalue > 1e-4
    assert Contrast().strength == 0.4


def test_a_bad_strength_is_named():
    with pytest.raises(InputError, match=r"strength: must lie in \[0, 1\], got -1"):
        Contrast(strength=-1)
