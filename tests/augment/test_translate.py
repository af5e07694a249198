import numpy as np
import pytest
import torch
from affine import applied, check_pair, random_image, read_affine
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from augury.augment.geometry.translate import Translate, TranslateParams
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import sample_many

SHARE = st.floats(-1, 1, width=32)


def params_of(down, right):
    return TranslateParams(down=torch.tensor([down]), right=torch.tensor([right]))


@given(down=SHARE, right=SHARE, image=random_image(), border=st.sampled_from(["nearest", "black"]))
def test_equals_scipy(down, right, image, border):
    found = applied(Translate(border=border), params_of(down, right), image)
    shift = (-down * image.shape[1], -right * image.shape[2])
    expected = read_affine(image, np.eye(2), shift, border)
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize(("border", "outside"), [("nearest", [0.2, 0.2]), ("black", [0, 0.1])])
def test_shares_are_of_the_side_and_down_and_right(border, outside):
    images = torch.tensor([0.2, 0.4, 0.6, 0.8]).view(1, 1, 4, 1).expand(-1, -1, -1, 8)
    found = Translate(border=border).apply(make_batch(images), params_of(0.375, 0.0)).images
    # One and a half of four rows: each row is the mean of those one and two above it.
    expected = torch.tensor([*outside, 0.3, 0.5])
    torch.testing.assert_close(found[0, 0, :, 4], expected)
    images = images.transpose(2, 3)
    found = Translate(border=border).apply(make_batch(images), params_of(0.0, 0.375)).images
    torch.testing.assert_close(found[0, 0, 4], expected)


def test_draws_match_the_documented_distribution():
    params = sample_many(Translate())
    for shift in (params.down, params.right):
        assert stats.kstest(shift.numpy(), stats.uniform(-0.125, 0.25).cdf).pvalue > 1e-4
    check_pair(Translate(share=0.4, p=0.3), ("down", "right"), ends=(0.4, 0.4), p=0.3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"share": -0.1}, r"share: must lie in \[0, 1\], got -0.1"),
        ({"p": 1.5}, r"p: must lie in \[0, 1\], got 1.5"),
        ({"border": "white"}, "unknown border 'white'. Choices: nearest, black"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Translate(**arguments)
