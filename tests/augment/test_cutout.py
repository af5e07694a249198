import numpy as np
import pytest
import torch
from scipy import stats

from augury.augment.erasing.cutout import Cutout, CutoutParams
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch


def test_the_square_is_clipped_at_the_border():
    batch = make_batch(torch.ones(2, 1, 4, 6))
    params = CutoutParams(row=torch.tensor([0, 2]), column=torch.tensor([5, 2]))
    found = Cutout(length=0.5).apply(batch, params).images[:, 0]
    # Side 2, from center - 1 up to but without center + 1, as in the authors' code.
    expected = torch.ones(2, 4, 6)
    expected[0, 0:1, 4:6] = 0
    expected[1, 1:3, 1:3] = 0
    assert torch.equal(found, expected)


def test_the_default_is_the_papers_16_of_32_pixels():
    batch = make_batch(torch.ones(1, 3, 32, 32))
    params = CutoutParams(row=torch.tensor([16]), column=torch.tensor([16]))
    assert (Cutout().apply(batch, params).images == 0).sum() == 3 * 16 * 16


def test_the_center_is_uniform_over_the_pixels():
    n = 60_000
    images = torch.zeros(1, 1, 5, 8).expand(n, -1, -1, -1)
    batch = make_batch(images)
    params = Cutout().sample(batch, Draws(0, 0, batch.ids))
    cells = params.row * 8 + params.column
    assert stats.chisquare(np.bincount(cells, minlength=40)).pvalue > 1e-4


def test_a_bad_length_is_named():
    with pytest.raises(InputError, match=r"length: must lie in \(0, 2\], got 0"):
        Cutout(length=0)
