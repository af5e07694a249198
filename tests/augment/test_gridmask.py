import math

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import stats

from augury.augment.erasing.gridmask import GridMask, GridMaskParams
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch
from helpers.sampling import is_rate, sample_many


def authors(height, width, unit, bar, down, right, angle):
    """Pixels that are kept: bars on a square as long as the diagonal, turned by Pillow, cut out.

    For sizes that leave as much of the square above the image as below, and as much on both sides.
    """
    whole = math.ceil(math.hypot(height, width)) + 2 * unit
    square = np.zeros((whole, whole), np.uint8)
    for begin in range(-unit, whole + unit, unit):
        for start, lines in ((begin + down, square), (begin + right, square.T)):
            lines[max(start, 0) : max(start + bar, 0)] = 1
    square = np.asarray(Image.fromarray(square).rotate(angle))
    top, left = (whole - height) // 2, (whole - width) // 2
    return square[top : top + height, left : left + width] == 1


def kept(height, width, unit, down, right, angle, keep):
    """The same by `GridMask`, whose grid begins at the image's corner."""
    whole = math.ceil(math.hypot(height, width)) + 2 * unit
    numbers = [torch.tensor([n]) for n in (unit, down, right)]
    numbers[1] = (numbers[1] - (whole - height) // 2) % unit
    numbers[2] = (numbers[2] - (whole - width) // 2) % unit
    params = GridMaskParams(torch.tensor([True]), *numbers, torch.tensor([float(angle)]))
    batch = make_batch(torch.ones(1, 1, height, width))
    return GridMask(keep=keep).apply(batch, params).images[0, 0].numpy() == 1


@pytest.mark.parametrize("angle", [0, 90, 180, 270, 13, 45, 200, 359])
@pytest.mark.parametrize("unit", [9, 14, 31])
def test_equals_the_authors_code(unit, angle):
    """Also turned, but for pixels whose middle lies at an edge, which Pillow rounds to 2^-16."""
    for keep, down, right in ((0.6, 3, unit - 1), (0.4, 0, 5)):
        bar = int(unit * keep + 0.5)
        expected = authors(32, 32, unit, bar, down, right, angle)
        found = kept(32, 32, unit, down, right, angle, keep)
        differing = (found != expected).mean()
        assert differing <= (0 if angle % 90 == 0 else 0.005)


def test_by_hand():
    """Bars of two in a unit of three: squares of one pixel, every three, moved by one down."""
    params = GridMaskParams(
        torch.tensor([True, False]), *torch.tensor([[3, 3], [1, 1], [0, 0]]), torch.zeros(2)
    )
    batch = make_batch(torch.full((2, 1, 4, 6), 7, dtype=torch.uint8))
    found = GridMask(keep=0.6).apply(batch, params).images[:, 0]
    expected = torch.full((2, 4, 6), 7, dtype=torch.uint8)
    expected[0, 0, [2, 5]] = 0
    expected[0, 3, [2, 5]] = 0
    assert torch.equal(found, expected)


def test_draws_match_the_documented_distribution():
    params = sample_many(GridMask(), (32, 40))
    assert is_rate(params.chosen, 0.8)
    unit = params.unit.numpy()
    counts = np.bincount(unit)[14:]
    assert unit.min() == 14, "3/7 of 32 are 13.7"
    assert unit.max() == 31, "as in the authors' code, the upper end is excluded"
    assert stats.chisquare(counts).pvalue > 1e-4
    for moved in (params.down.numpy(), params.right.numpy()):
        assert (moved < unit).all()
        share = (moved + np.random.default_rng(0).random(len(moved))) / unit
        assert stats.kstest(share, "uniform").pvalue > 1e-4
    assert stats.kstest(params.angle.numpy(), stats.uniform(0, 360).cdf).pvalue > 1e-4
    shares = [params.down / params.unit, params.right / params.unit, params.unit, params.angle]
    together = np.corrcoef(np.stack([each.double().numpy() for each in shares]))
    assert np.abs(together - np.eye(4)).max() < 4.5 / len(unit) ** 0.5 + 0.01
    assert (sample_many(GridMask(rotation=0), (32, 32)).angle == 0).all()
    imagenet = sample_many(GridMask(), (224, 224)).unit
    assert imagenet.min() == 96
    assert imagenet.max() == 223


def test_the_share_that_is_kept_is_that_of_the_paper():
    """2 r - r² of the image, for the bars as rounded."""
    augmentation = GridMask(p=1.0)
    batch = make_batch(torch.ones(1, 1, 32, 32).expand(4000, -1, -1, -1))
    params = augmentation.sample(batch, Draws(0, 0, batch.ids))
    share = augmentation.apply(batch, params).images.mean((1, 2, 3))
    ratio = (0.6 * params.unit.double() + 0.5).floor() / params.unit
    expected = (2 * ratio - ratio**2).mean()
    assert float(share.mean()) == pytest.approx(float(expected), abs=0.002)
    assert float(expected) == pytest.approx(2 * 0.6 - 0.6**2, abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"unit": (0.5, 0.3)}, r"unit: must be a rising pair within \[0, 1\]"),
        ({"keep": 1.5}, r"keep: must lie in \[0, 1\], got 1.5"),
        ({"rotation": 400}, r"rotation: must lie in \[0, 360\] degrees, got 400"),
        ({"p": -1}, r"p: must lie in \[0, 1\], got -1"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        GridMask(**arguments)
