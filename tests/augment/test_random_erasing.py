import math

import numpy as np
import pytest
import torch
from scipy import stats

from augury.augment.erasing.random_erasing import RandomErasing, RandomErasingParams
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch

SIDE = 64
DRAWS = 60_000


@pytest.fixture(scope="module")
def params():
    """60,000 draws for 64×64 images."""
    parts = []
    for start in range(0, DRAWS, 5000):
        ids = torch.arange(start, start + 5000)
        images = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.uint8).expand(5000, -1, -1, -1)
        batch = make_batch(images, ids=ids)
        drawn = RandomErasing().sample(batch, Draws(0, 0, ids))
        fields = ("erase", "top", "left", "height", "width")
        parts.append([getattr(drawn, name) for name in fields])
    return [torch.cat(column).numpy() for column in zip(*parts, strict=True)]


def paper_rectangles(n, generator):
    """The paper's loop, one image at a time: (height, width) in pixels."""
    found = []
    while len(found) < n:
        area = generator.uniform(0.02, 0.4) * SIDE * SIDE
        aspect = math.exp(generator.uniform(math.log(0.3), math.log(1 / 0.3)))
        height, width = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if height <= SIDE and width <= SIDE:
            found.append((height, width))
    return np.array(found).T


def test_half_of_the_images_are_erased(params):
    erase = params[0]
    assert abs(erase.mean() - 0.5) < 4 * 0.5 / DRAWS**0.5


def test_area_and_aspect_match_the_paper(params):
    _, _, _, height, width = params
    expected_height, expected_width = paper_rectangles(DRAWS, np.random.default_rng(0))
    area, expected_area = height * width, expected_height * expected_width
    assert stats.ks_2samp(area, expected_area).pvalue > 1e-3
    assert stats.ks_2samp(height / width, expected_height / expected_width).pvalue > 1e-3
    # By the document: uniform in (0.02, 0.4) and log-uniform in (0.3, 1 / 0.3), up to the 4 %
    # that do not fit and are drawn again, which are large and narrow.
    assert abs((area / SIDE**2).mean() - 0.21) < 0.01
    assert area.min() / SIDE**2 == pytest.approx(0.02, abs=0.004)
    assert area.max() / SIDE**2 == pytest.approx(0.4, abs=0.01)
    assert abs(np.log(height / width).mean()) < 0.01
    assert (height / width).min() > 0.27
    assert (height / width).max() < 1 / 0.27


def share_of_whole_sides(side):
    """Of rectangles that fit, by the paper's loop: how many are as high or wide as the image."""
    rng = np.random.default_rng(0)
    area = rng.uniform(0.02, 0.4, 400_000) * side**2
    aspect = np.exp(rng.uniform(np.log(0.3), -np.log(0.3), 400_000))
    sides = np.rint(np.sqrt([area * aspect, area / aspect])).max(0)
    return (sides == side).sum() / (sides <= side).sum()


def test_a_rectangle_may_be_as_high_or_as_wide_as_the_image(params):
    """As in the paper; the authors' code has none of these, as it asks for `w < W and h < H`."""
    assert share_of_whole_sides(32) == pytest.approx(0.014, abs=5e-4)
    assert share_of_whole_sides(224) == pytest.approx(0.002, abs=5e-4)
    erase, _, _, height, width = params
    found = ((height == SIDE) | (width == SIDE))[erase]
    expected = share_of_whole_sides(SIDE)
    assert abs(found.mean() - expected) < 4.5 * (expected / len(found)) ** 0.5


def test_the_position_is_uniform_over_all_that_fit(params):
    _, top, left, height, width = params
    for start, length in ((top, height), (left, width)):
        assert (start >= 0).all()
        assert (start + length <= SIDE).all()
        room = SIDE - length + 1
        # The middle of the pixel's cell, as a share of the room: uniform, whatever the length.
        share = (start + np.random.default_rng(1).random(DRAWS)) / room
        assert stats.kstest(share, "uniform").pvalue > 1e-4


def test_draws_are_independent(params):
    erase, top, left, height, width = params
    share_top = (top + 0.5) / (SIDE - height + 1)
    share_left = (left + 0.5) / (SIDE - width + 1)
    together = np.stack([erase, share_top, share_left, height * width, np.log(height / width)])
    # Area and aspect are tied by what fits only; everything else is free.
    assert np.abs(np.corrcoef(together) - np.eye(5)).max() < 5 / DRAWS**0.5


def test_the_fill_is_uniform_per_pixel_and_channel():
    batch = Batch(
        torch.zeros(100, 3, 16, 16, dtype=torch.uint8), torch.ones(100, 1), torch.arange(100)
    )
    stream = RandomErasing().sample(batch, Draws(0, 0, batch.ids)).fill
    fill = stream.bytes(3 * 16 * 16).view(100, 3, 16, 16)
    assert stats.chisquare(np.bincount(fill.numpy().ravel(), minlength=256)).pvalue > 1e-4
    channels = fill.permute(1, 0, 2, 3).flatten(1).double().numpy()
    assert np.abs(np.corrcoef(channels) - np.eye(3)).max() < 4.5 / channels.shape[1] ** 0.5


def hand_params(fill):
    return RandomErasingParams(
        erase=torch.tensor([True, False]),
        top=torch.tensor([1, 0]),
        left=torch.tensor([2, 0]),
        height=torch.tensor([2, 4]),
        width=torch.tensor([1, 4]),
        fill=fill,
    )


@pytest.mark.parametrize("as_float", [False, True])
def test_only_the_rectangle_of_an_erased_image_changes(as_float):
    images = torch.full((2, 3, 4, 4), 51, dtype=torch.uint8)
    fill = torch.arange(96, dtype=torch.uint8).view(2, 3, 4, 4) + 100
    expected = images.clone()
    expected[0, :, 1:3, 2:3] = fill[0, :, 1:3, 2:3]
    if as_float:
        images, expected = images.float() / 255, expected.float() / 255
    batch = make_batch(images)
    assert torch.equal(RandomErasing().apply(batch, hand_params(fill)).images, expected)


def test_an_image_too_small_for_the_area_is_left_alone():
    batch = make_batch(torch.ones(500, 1, 1, 1))
    params = RandomErasing(p=1.0, area=(0.02, 0.04)).sample(batch, Draws(0, 0, batch.ids))
    assert not params.erase.any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"p": -0.1}, r"p: must lie in \[0, 1\], got -0.1"),
        ({"area": (0.5, 0.1)}, r"area: must be a rising pair within \[0, 1\]"),
        ({"area": (-0.1, 0.1)}, r"area: must be a rising pair within \[0, 1\]"),
        ({"aspect": (0, 1)}, "aspect: must be over 0"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        RandomErasing(**arguments)
