import numpy as np
import pytest
import torch
from scipy import stats

from augury.augment import ResizeCrop
from augury.augment.geometry.resize_crop import ResizeCropParams
from augury.batch import apply_moves
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch
from helpers.sampling import sample_many


@pytest.mark.parametrize("as_float", [False, True])
def test_equals_slicing(as_float):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (30, 3, 12, 15), dtype=np.uint8)
    images = images.astype(np.float32) / 255 if as_float else images
    top, left = generator.integers(0, 3, 30), generator.integers(0, 7, 30)
    params = ResizeCropParams(torch.from_numpy(top), torch.from_numpy(left))
    found = ResizeCrop((10, 9)).apply(make_batch(torch.from_numpy(images)), params)
    expected = [
        images[i][:, t : t + 10, k : k + 9] for i, (t, k) in enumerate(zip(top, left, strict=True))
    ]
    np.testing.assert_array_equal(found.images.numpy(), expected)
    assert found.images.dtype == (torch.float32 if as_float else torch.uint8)
    maps = torch.rand(30, 1, 12, 15)
    moved = apply_moves(maps, found.moves)
    assert all(
        torch.equal(moved[i], maps[i, :, t : t + 10, k : k + 9])
        for i, (t, k) in enumerate(zip(top, left, strict=True))
    )


def test_all_positions_are_equally_likely():
    drawn = sample_many(ResizeCrop((9, 12)), (12, 15))
    cells = drawn.top * 4 + drawn.left
    assert stats.chisquare(np.bincount(cells, minlength=16)).pvalue > 1e-4
    assert drawn.top.max() == drawn.left.max() == 3


@pytest.mark.parametrize("size", [None, (6, 7)])
def test_of_images_of_that_size_nothing_is_cut(size):
    batch = make_batch(torch.arange(84, dtype=torch.uint8).view(2, 1, 6, 7))
    found = ResizeCrop(size)(batch, Draws(0, 0, batch.ids))
    assert torch.equal(found.images, batch.images)
    assert found.moves == ()


@pytest.mark.parametrize("size", [(7, 7), (6, 8)])
def test_a_window_larger_than_the_image_is_refused(size):
    batch = make_batch(torch.zeros(2, 1, 6, 7))
    message = f"size: a view of {size[0]}×{size[1]} pixels cannot be cut from images of 6×7"
    with pytest.raises(InputError, match=message):
        ResizeCrop(size)(batch, Draws(0, 0, batch.ids))


def test_a_bad_size_is_named():
    with pytest.raises(InputError, match=r"size: must be \(height, width\) in pixels, at least 1"):
        ResizeCrop((0, 8))
