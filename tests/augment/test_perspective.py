import numpy as np
import pytest
import torch
from scipy import stats
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

from augury.augment.geometry.perspective import Perspective, PerspectiveParams
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch
from helpers.sampling import is_rate, sample_many

YES = torch.tensor([True])


def noise(n, height, width):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(n, 3, height, width, generator=generator)


@pytest.mark.parametrize("distortion", [0.1, 0.5, 0.6])
@pytest.mark.parametrize("size", [(32, 32), (17, 40), (2, 3), (128, 96)], ids=str)
def test_equals_torchvision(size, distortion):
    """With a fill of None; its 0 darkens the pixels at the border twice."""
    height, width = size
    images = noise(12, height, width)
    batch = make_batch(images)
    augmentation = Perspective(distortion, p=1.0)
    params = augmentation.sample(batch, Draws(0, 0, batch.ids))
    found = augmentation.apply(batch, params).images
    start = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
    for i in range(len(images)):
        end = torch.stack((params.x[i], params.y[i]), 1).tolist()
        expected = F.perspective(images[i], start, end, InterpolationMode.BILINEAR)
        torch.testing.assert_close(found[i], expected, atol=1e-4, rtol=0)


def corners(y, x):
    return PerspectiveParams(YES, torch.tensor([y]), torch.tensor([x]))


def test_corners_that_stay_leave_the_image_as_it_is():
    images = noise(1, 6, 9)
    found = Perspective().apply(make_batch(images), corners([0, 0, 5, 5], [0, 8, 8, 0])).images
    torch.testing.assert_close(found, images, atol=1e-6, rtol=0)


def test_by_hand():
    """Corners at half the distance: the column j reads at 2 j - 1.5, and black beyond the image."""
    row = torch.tensor([0.0, 0.2, 0.4, 0.6, 0.8])
    batch = make_batch(row.expand(1, 1, 5, 5).contiguous())
    found = Perspective().apply(batch, corners([1, 1, 3, 3], [1, 3, 3, 1])).images[0, 0]
    seen = torch.tensor([0, 0.1, 0.5, 0.5 * 0.8, 0])
    inside = torch.tensor([0, 1, 1, 0.5, 0])
    torch.testing.assert_close(found, inside[:, None] * seen)


def test_the_near_side_is_larger():
    """The upper edge is half as long as the lower one: the middle row is above the middle."""
    images = torch.arange(33.0)[:, None].expand(1, 1, 33, 33) / 32
    found = Perspective().apply(make_batch(images), corners([0, 0, 32, 32], [8, 24, 32, 0]))
    middle = found.images[0, 0, :32, 16]  # half of the last row is beyond the image
    assert middle[16] > 0.6
    assert (middle.diff() > 0).all()


def test_draws_match_the_documented_distribution():
    height, width = 13, 30
    params = sample_many(Perspective(0.7), (height, width))
    assert is_rate(params.chosen, 0.5)
    for values, side, far in ((params.y, height, (2, 3)), (params.x, width, (1, 2))):
        bound = int(0.7 * (side // 2)) + 1  # torchvision's formula
        for corner in range(4):
            moved = values[:, corner]
            moved = side - 1 - moved if corner in far else moved
            counts = np.bincount(moved.numpy())
            assert len(counts) == bound
            assert stats.chisquare(counts).pvalue > 1e-4


def test_stored_maps_follow_and_others_keep_every_bit():
    images = noise(50, 12, 10)
    batch = make_batch(images)
    found = Perspective()(batch, Draws(0, 0, batch.ids))
    (move,) = found.moves
    assert torch.equal(move(images), found.images)
    same = (found.images == images).flatten(1).all(1)
    assert torch.equal(~same, Perspective().sample(batch, Draws(0, 0, batch.ids)).chosen)


def test_corners_that_meet_give_no_nan():
    images = noise(1, 8, 8).expand(3000, -1, -1, -1)
    batch = make_batch(images)
    augmentation = Perspective(1.0, p=1.0)
    params = augmentation.sample(batch, Draws(0, 0, batch.ids))
    assert ((params.x[:, 0] == params.x[:, 1]) & (params.y[:, 0] == params.y[:, 1])).any()
    found = augmentation.apply(batch, params).images
    assert 0 <= found.min() <= found.max() <= 1


@pytest.mark.parametrize("size", [(1, 1), (1, 20), (20, 1)], ids=str)
def test_an_image_one_pixel_wide_stays(size):
    images = torch.randint(0, 256, (20, 3, *size), dtype=torch.uint8)
    batch = Batch(images, torch.ones(20, 1), torch.arange(20))
    found = Perspective(p=1.0)(batch, Draws(0, 0, batch.ids)).images
    assert torch.equal(found, images.float() / 255)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"distortion": 1.2}, r"distortion: must lie in \[0, 1\], got 1.2"),
        ({"p": -0.5}, r"p: must lie in \[0, 1\], got -0.5"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Perspective(**arguments)
