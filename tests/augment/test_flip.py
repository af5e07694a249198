import numpy as np
import pytest
import torch

from augury.augment.chain import Chain
from augury.augment.geometry.flip import Flip, FlipParams
from augury.augment.geometry.rotate import Rotate, RotateParams
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import is_rate, sample_many

ALL_FOUR = FlipParams(
    horizontal=torch.tensor([False, True, False, True]),
    vertical=torch.tensor([False, False, True, True]),
)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bfloat16])
def test_equals_numpy_and_keeps_the_pixels(dtype):
    images = torch.arange(4 * 3 * 5 * 2).view(4, 3, 5, 2).to(torch.uint8)
    images = images if dtype == torch.uint8 else images.to(dtype) / 255
    found = Flip().apply(make_batch(images), ALL_FOUR).images
    assert found.dtype == dtype
    axes = [(), (2,), (1,), (1, 2)]
    for i in range(4):
        expected = np.flip(images[i].float().numpy(), axes[i])
        assert (found[i].float().numpy() == expected).all()


def test_stored_maps_follow():
    images = torch.rand(4, 1, 3, 4, generator=torch.Generator().manual_seed(0))
    found = Flip().apply(make_batch(images), ALL_FOUR)
    (move,) = found.moves
    assert torch.equal(move(images), found.images)


def test_in_one_resampling_with_others_it_does_the_same():
    images = torch.rand(4, 3, 6, 9, generator=torch.Generator().manual_seed(0))
    still = RotateParams(torch.zeros(4))
    found = Chain([Flip(), Rotate()]).apply(make_batch(images), (ALL_FOUR, still)).images
    expected = Flip().apply(make_batch(images), ALL_FOUR).images
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_rates_are_the_documented_and_independent():
    params = sample_many(Flip(horizontal=0.2, vertical=0.7))
    assert is_rate(params.horizontal, 0.2)
    assert is_rate(params.vertical, 0.7)
    assert is_rate(params.horizontal & params.vertical, 0.14)


def test_the_default_is_half_and_never_upside_down():
    params = sample_many(Flip())
    assert is_rate(params.horizontal, 0.5)
    assert not params.vertical.any()


@pytest.mark.parametrize("name", ["horizontal", "vertical"])
def test_bad_parameters_are_named(name):
    with pytest.raises(InputError, match=rf"{name}: must lie in \[0, 1\], got 1.5"):
        Flip(**{name: 1.5})
