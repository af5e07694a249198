import numpy as np
import pytest
import torch
from scipy import stats

from augury.augment.erasing.coarse_dropout import CoarseDropout, CoarseDropoutParams
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch
from helpers.sampling import is_rate, sample_many

ROWS, COLUMNS = 50, 80


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_by_hand(dtype):
    """Two holes, one, and none: those beyond an image's count are not there."""
    batch = make_batch(torch.ones(3, 2, 4, 5).to(dtype))
    params = CoarseDropoutParams(
        count=torch.tensor([2, 1, 0]),
        top=torch.tensor([[0, 2]]).expand(3, 2),
        left=torch.tensor([[3, 0]]).expand(3, 2),
        height=torch.tensor([[1, 2]]).expand(3, 2),
        width=torch.tensor([[2, 1]]).expand(3, 2),
    )
    expected = torch.ones(3, 2, 4, 5).to(dtype)
    expected[:2, :, 0, 3:5] = 0
    expected[0, :, 2:4, 0] = 0
    augmentation = CoarseDropout()
    assert torch.equal(augmentation.apply(batch, params).images, expected)
    assert torch.equal(augmentation.applied(batch, params).images, expected)


def test_half_of_the_images_get_one_or_two_holes():
    count = sample_many(CoarseDropout(), (ROWS, COLUMNS)).count
    assert is_rate(count > 0, 0.5)
    assert is_rate(count[count > 0] == 1, 0.5)
    assert count.max() == 2
    count = sample_many(CoarseDropout(holes=(3, 7), p=1.0), (ROWS, COLUMNS)).count
    assert count.min() == 3
    assert stats.chisquare(np.bincount(count - 3, minlength=5)).pvalue > 1e-4


def sides(share, whole, generator, n):
    """Albumentations' loop: a uniform share of the side; here rounded, there cut."""
    return np.rint(whole * generator.uniform(*share, n)).astype(int)


def test_sides_and_places_match_albumentations():
    params = sample_many(CoarseDropout(), (ROWS, COLUMNS))
    generator = np.random.default_rng(0)
    for start, length, whole in (
        (params.top, params.height, ROWS),
        (params.left, params.width, COLUMNS),
    ):
        expected = sides((0.1, 0.2), whole, generator, 600_000)
        for hole in range(2):
            place, side = start[:, hole].numpy(), length[:, hole].numpy()
            assert stats.ks_2samp(side, expected).pvalue > 1e-4
            assert side.min() == whole // 10
            assert side.max() == whole // 5
            room = whole - side + 1
            assert place.min() == 0
            assert (place < room).all()
            # The middle of the pixel's cell, as a share of the room: uniform, whatever the side.
            share = (place + np.random.default_rng(1).random(len(place))) / room
            assert stats.kstest(share, "uniform").pvalue > 1e-4


def test_holes_of_an_image_are_independent():
    params = sample_many(CoarseDropout(), (ROWS, COLUMNS))
    columns = [
        each[:, hole].double()
        for each in (params.top, params.left, params.height, params.width)
        for hole in range(2)
    ]
    together = np.corrcoef(np.stack(columns))
    # The room for a hole depends on its side: 2 % of the place's variance at most.
    for each in (0, 1):
        for place, side in ((each, 4 + each), (2 + each, 6 + each)):
            together[place, side] = together[side, place] = 0
    assert np.abs(together - np.eye(8)).max() < 4.5 / len(params.top) ** 0.5


def test_more_holes_leave_the_first_ones_where_they_are():
    batch = make_batch(torch.zeros(50, 1, ROWS, COLUMNS))
    draws = Draws(0, 0, batch.ids)
    few, many = (CoarseDropout(holes=(n, n)).sample(batch, draws) for n in (2, 9))
    for name in ("top", "left", "height", "width"):
        assert torch.equal(getattr(few, name), getattr(many, name)[:, :2])


def test_a_hole_has_at_least_one_pixel():
    batch = make_batch(torch.ones(30, 3, 1, 1))
    assert (CoarseDropout(p=1.0)(batch, Draws(0, 0, batch.ids)).images == 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"holes": (0, 2)}, r"holes: must be a rising pair within \[1, 100\], got \(0, 2\)"),
        ({"holes": (3, 2)}, r"holes: must be a rising pair within \[1, 100\]"),
        ({"holes": (1, 2.5)}, r"holes: must be whole numbers, got \(1, 2.5\)"),
        ({"height": (0.1, 1.2)}, r"height: must be a rising pair within \[0, 1\]"),
        ({"width": (0.5, 0.2)}, r"width: must be a rising pair within \[0, 1\]"),
        ({"p": 1.5}, r"p: must lie in \[0, 1\], got 1.5"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        CoarseDropout(**arguments)
