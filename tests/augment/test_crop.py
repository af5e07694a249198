import numpy as np
import pytest
import torch
from scipy import stats

from augury.augment.geometry.crop import Crop, CropParams
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch


@pytest.mark.parametrize("as_float", [False, True])
def test_equals_padding_and_cutting(as_float):
    generator = np.random.default_rng(0)
    images = generator.integers(1, 256, (30, 3, 6, 9), dtype=np.uint8)
    down, right = generator.integers(-3, 4, (2, 30))
    batch = make_batch(torch.from_numpy(images))
    if as_float:
        batch = batch.with_images(batch.images.float() / 255)
    params = CropParams(torch.from_numpy(down), torch.from_numpy(right))
    found = Crop().apply(batch, params).images.numpy()
    for i in range(30):
        padded = np.pad(batch.images[i].numpy(), ((0, 0), (3, 3), (3, 3)))
        expected = padded[:, 3 + down[i] :, 3 + right[i] :][:, :6, :9]
        assert (found[i] == expected).all()


def test_positions_are_uniform():
    """The default on 32 pixels is a padding of 4: nine positions each way."""
    n = 60_000
    batch = Batch(
        torch.zeros(1, 1, 32, 16).expand(n, -1, -1, -1), torch.ones(n, 1), torch.arange(n)
    )
    params = Crop().sample(batch, Draws(0, 0, batch.ids))
    assert params.down.unique().tolist() == list(range(-4, 5))
    assert params.right.unique().tolist() == list(range(-2, 3))
    cells = (params.down + 4) * 5 + params.right + 2
    assert stats.chisquare(np.bincount(cells, minlength=45)).pvalue > 1e-4


def test_a_bad_padding_is_named():
    with pytest.raises(InputError, match=r"padding: must lie in \(0, 1\], got 0"):
        Crop(padding=0)
