import math

import numpy as np
import pytest
import torch
from affine import applied, random_image, read_affine
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from augury.augment.geometry.zoom import Zoom, ZoomParams
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import is_rate, sample_many

FACTOR = st.floats(0.25, 4, width=32)


@given(
    factor=st.tuples(FACTOR, FACTOR),
    image=random_image(),
    border=st.sampled_from(["nearest", "black"]),
)
def test_equals_scipy(factor, image, border):
    params = ZoomParams(torch.tensor([factor]))
    found = applied(Zoom(border=border), params, image)
    expected = read_affine(image, np.diag(factor), border=border)
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize(("border", "outside"), [("nearest", 0.8), ("black", 0.0)])
def test_a_factor_over_one_shrinks_the_content(border, outside):
    images = torch.full((1, 1, 7, 7), 0.8)
    images[0, 0, 1:6, 1:6] = 0.4
    params = ZoomParams(torch.tensor([[2.0, 1.0]]))
    found = Zoom(border=border).apply(make_batch(images), params).images[0, 0]
    # Output row r reads input row 3 + 2 (r - 3): rows 2..4 read 1, 3 and 5, all of the square.
    rows = torch.tensor([outside, outside, 0.4, 0.4, 0.4, outside, outside])
    torch.testing.assert_close(found[:, 3], rows)
    torch.testing.assert_close(found[3], torch.tensor([0.8, 0.4, 0.4, 0.4, 0.4, 0.4, 0.8]))


def test_draws_match_the_documented_distribution():
    factor = sample_many(Zoom()).factor
    assert torch.equal(factor[:, 0], factor[:, 1])
    logs = factor.double().log() / math.log(1.25)
    assert stats.kstest(logs[:, 0].numpy(), stats.uniform(-1, 2).cdf).pvalue > 1e-4


def test_independent_factors_and_their_rate():
    factor = sample_many(Zoom((0.5, 1.5), independent=True, p=0.3)).factor
    zoomed = (factor != 1).any(1)
    assert is_rate(zoomed, 0.3)
    logs = factor[zoomed].double().log()
    expected = stats.uniform(math.log(0.5), math.log(3))
    for column in logs.T:
        assert stats.kstest(column.numpy(), expected.cdf).pvalue > 1e-4
    assert abs(np.corrcoef(logs.T)[0, 1]) < 4.5 / len(logs) ** 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"factor": (1.2, 0.8)}, r"factor: must be a rising pair within \[0, inf\]"),
        ({"factor": (0, 1)}, r"factor: must be over 0, got \(0, 1\)"),
        ({"p": 1.5}, r"p: must lie in \[0, 1\], got 1.5"),
        ({"border": "white"}, "unknown border 'white'. Choices: nearest, black"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Zoom(**arguments)
