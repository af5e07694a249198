import numpy as np
import pytest
import torch
from PIL import ImageOps
from pillow import applied, check_chosen
from scipy import stats
from torchvision.transforms.v2 import functional

from augury.augment.color.posterize import Posterize, PosterizeParams
from augury.batch import Batch
from augury.errors import InputError
from helpers.sampling import is_rate, sample_many


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_chosen_images_equal_pillow_s(channels, dtype):
    def expected(image, place):
        return applied(ImageOps.posterize, image, place + 1)

    chosen = torch.arange(8) != 3
    params = PosterizeParams(torch.arange(1, 9), chosen)
    check_chosen(Posterize(), params, chosen, expected, channels, dtype)


def test_floats_become_whole_levels_where_torchvision_keeps_them():
    """White at 4 bits: 240 of 255, and ⌊16⌋ cut to 15 of 16 there."""
    levels = torch.arange(256).view(1, 1, 16, 16) / 255
    batch = Batch(levels, torch.ones(1, 1), torch.zeros(1, dtype=torch.int64))
    for bits in range(1, 9):
        params = PosterizeParams(torch.tensor([bits]), torch.tensor([True]))
        found = Posterize().apply(batch, params).images
        theirs = functional.posterize(levels, bits)
        assert 255 * (found - theirs).abs().max() < 1
        if bits == 4:
            assert found[0, 0, -1, -1].item() == pytest.approx(240 / 255)
            assert theirs[0, 0, -1, -1].item() == 0.9375
        as_uint8 = functional.posterize(torch.arange(256, dtype=torch.uint8), bits)
        torch.testing.assert_close(found.flatten() * 255, as_uint8.float())


def test_draws_match_the_documented_distribution():
    params = sample_many(Posterize())
    assert is_rate(params.chosen, 0.5)
    assert params.bits.unique().tolist() == [4, 5, 6, 7, 8]
    for chosen in (True, False):
        counts = np.bincount(params.bits[params.chosen == chosen] - 4)
        assert stats.chisquare(counts).pvalue > 1e-4
    params = sample_many(Posterize((3, 3), p=0.2))
    assert is_rate(params.chosen, 0.2)
    assert (params.bits == 3).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bits": (0, 4)}, r"bits: must be a rising pair within \[1, 8\]"),
        ({"bits": (4, 2)}, r"bits: must be a rising pair within \[1, 8\]"),
        ({"bits": (2.5, 4)}, r"bits: must be whole numbers, got \(2.5, 4\)"),
        ({"p": 1.5}, r"p: must lie in \[0, 1\], got 1.5"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Posterize(**arguments)
