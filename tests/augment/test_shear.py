import numpy as np
import pytest
import torch
from affine import applied, check_pair, random_image, read_affine
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

from augury.augment.geometry.shear import Shear, ShearParams
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import sample_many

DEGREES = st.floats(-60, 60, width=32)


def params_of(x, y):
    return ShearParams(x=torch.tensor([x]), y=torch.tensor([y]))


@given(x=DEGREES, y=DEGREES, image=random_image(), border=st.sampled_from(["nearest", "black"]))
def test_equals_scipy(x, y, image, border):
    found = applied(Shear(border=border), params_of(x, y), image)
    along_x = np.array([[1, 0], [np.tan(np.radians(x)), 1]])
    along_y = np.array([[1, np.tan(np.radians(y))], [0, 1]])
    expected = read_affine(image, along_x @ along_y, border=border)
    np.testing.assert_allclose(found, expected, atol=4e-5)


@pytest.mark.parametrize(("x", "y"), [(15.0, 0.0), (0.0, -15.0), (25.0, 40.0), (-30.0, 20.0)])
def test_equals_torchvision_with_a_black_border(x, y):
    """Degrees, order and sign as there; what took degrees for radians was off by 180 / π."""
    images = torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(0))
    found = Shear(border="black").apply(make_batch(images), params_of(x, y)).images
    expected = F.affine(images, 0.0, [0, 0], 1.0, [x, y], InterpolationMode.BILINEAR)
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=0)


def test_forty_five_degrees_move_each_row_by_one_more():
    images = torch.zeros(1, 1, 3, 5)
    images[..., 2] = 1
    found = Shear().apply(make_batch(images), params_of(45.0, 0.0)).images[0, 0]
    expected = torch.tensor([[0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0]]).float()
    torch.testing.assert_close(found, expected)
    images = torch.zeros(1, 1, 5, 3)
    images[..., 2, :] = 1
    found = Shear().apply(make_batch(images), params_of(0.0, 45.0)).images[0, 0]
    torch.testing.assert_close(found, expected.T)


def test_draws_match_the_documented_distribution():
    params = sample_many(Shear())
    assert stats.kstest(params.x.numpy(), stats.uniform(-15, 30).cdf).pvalue > 1e-4
    assert not params.y.any()
    check_pair(Shear(x=10, y=30, p=0.3), ("x", "y"), ends=(10, 30), p=0.3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": -1}, r"x: must lie in \[0, 90\) degrees, got -1"),
        ({"y": 90}, r"y: must lie in \[0, 90\) degrees, got 90"),
        ({"p": 1.5}, r"p: must lie in \[0, 1\], got 1.5"),
        ({"border": "white"}, "unknown border 'white'. Choices: nearest, black"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Shear(**arguments)
