import numpy as np
import pytest
import torch
from scipy import stats

from augury.augment.chain import Chain
from augury.augment.geometry.quarter_turns import QuarterTurns, QuarterTurnsParams
from augury.augment.geometry.rotate import Rotate, RotateParams
from augury.batch import to_float
from helpers.batches import noise_batch
from helpers.sampling import is_rate, sample_many

FOUR = QuarterTurnsParams(torch.arange(4))
HALVES = QuarterTurnsParams(torch.tensor([0, 2, 2, 0]))


def turned(images, params):
    return torch.stack(
        [torch.rot90(image, int(k), (1, 2)) for image, k in zip(images, params.turns, strict=True)]
    )


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("size", "params"), [((5, 5), FOUR), ((4, 4), FOUR), ((3, 6), HALVES)])
def test_equals_rot90_and_keeps_the_values(size, params, dtype):
    batch = noise_batch(4, (3, *size))
    batch = batch if dtype == torch.uint8 else batch.with_images(batch.images.to(dtype) / 255)
    found = QuarterTurns().apply(batch, params)
    assert found.images.dtype == dtype
    assert torch.equal(found.images, turned(batch.images, params))
    maps = torch.rand(4, 1, *size, generator=torch.Generator().manual_seed(0))
    (move,) = found.moves
    assert torch.equal(move(maps), turned(maps, params))


@pytest.mark.parametrize(("size", "params"), [((5, 5), FOUR), ((4, 4), FOUR), ((3, 6), HALVES)])
def test_in_one_resampling_with_others_it_does_the_same(size, params):
    batch = noise_batch(4, (3, *size))
    still = RotateParams(torch.zeros(4))
    found = Chain([QuarterTurns(), Rotate()]).apply(batch, (params, still)).images
    expected = turned(to_float(batch.images), params)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_after_a_rotation_it_turns_what_was_rotated():
    batch = noise_batch(4, (3, 9, 9))
    degrees = RotateParams(torch.full((4,), 20.0))
    found = Chain([Rotate(), QuarterTurns()]).apply(batch, (degrees, FOUR)).images
    expected = turned(Rotate().apply(batch, degrees).images, FOUR)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_all_four_are_equally_likely():
    turns = sample_many(QuarterTurns(), size=(6, 6)).turns
    assert stats.chisquare(np.bincount(turns, minlength=4)).pvalue > 1e-4


def test_where_sides_differ_half_are_upside_down():
    turns = sample_many(QuarterTurns(), size=(6, 7)).turns
    assert set(turns.tolist()) == {0, 2}
    assert is_rate(turns == 2, 0.5)
