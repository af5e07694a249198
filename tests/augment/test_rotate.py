import numpy as np
import pytest
import torch
from affine import applied, random_image, read_affine
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

from augury.augment.geometry.rotate import Rotate, RotateParams
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import is_rate, sample_many


@given(
    angle=st.floats(-180, 180, width=32),
    image=random_image(),
    border=st.sampled_from(["nearest", "black"]),
)
def test_equals_scipy(angle, image, border):
    params = RotateParams(torch.tensor([angle]))
    found = applied(Rotate(border=border), params, image)
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    expected = read_affine(image, [[cos, -sin], [sin, cos]], border=border)
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("angle", [-75.0, -8.0, 15.0, 120.0])
def test_equals_torchvision_with_a_black_border(angle):
    """torchvision turns counterclockwise for angles over 0."""
    images = torch.rand(2, 3, 16, 24, generator=torch.Generator().manual_seed(0))
    params = RotateParams(torch.full((2,), angle))
    found = Rotate(border="black").apply(make_batch(images), params).images
    expected = F.rotate(images, -angle, InterpolationMode.BILINEAR)
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=0)


def test_a_quarter_turn_is_clockwise():
    images = torch.tensor([[0.1, 0.2], [0.3, 0.4]]).view(1, 1, 2, 2)
    found = Rotate().apply(make_batch(images), RotateParams(torch.tensor([90.0]))).images
    expected = torch.tensor([[0.3, 0.1], [0.4, 0.2]]).view(1, 1, 2, 2)
    torch.testing.assert_close(found, expected)


def test_draws_match_the_documented_distribution():
    angle = sample_many(Rotate()).angle
    assert stats.kstest(angle.numpy(), stats.uniform(-15, 30).cdf).pvalue > 1e-4
    angle = sample_many(Rotate(degrees=40, p=0.3)).angle
    turned = angle != 0
    assert is_rate(turned, 0.3)
    assert stats.kstest(angle[turned].numpy(), stats.uniform(-40, 80).cdf).pvalue > 1e-4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"degrees": -1}, r"degrees: must lie in \[0, 180\], got -1"),
        ({"degrees": 181}, r"degrees: must lie in \[0, 180\], got 181"),
        ({"p": 1.5}, r"p: must lie in \[0, 1\], got 1.5"),
        ({"border": "white"}, "unknown border 'white'. Choices: nearest, black"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Rotate(**arguments)
