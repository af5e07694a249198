import numpy as np
import pytest
import torch
from batches import is_rate, sample_many
from PIL import ImageOps
from pillow import applied, check_chosen
from scipy import stats

from augury.augment.posterise import Posterise, PosteriseParams
from augury.errors import InputError


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_chosen_images_equal_pillow_s(channels, dtype):
    def expected(image, place):
        return applied(ImageOps.posterize, image, place + 1)

    chosen = torch.arange(8) != 3
    params = PosteriseParams(torch.arange(1, 9), chosen)
    check_chosen(Posterise(), params, chosen, expected, channels, dtype)


def test_draws_match_the_documented_distribution():
    params = sample_many(Posterise())
    assert is_rate(params.chosen, 0.5)
    assert params.bits.unique().tolist() == [4, 5, 6, 7, 8]
    for chosen in (True, False):
        counts = np.bincount(params.bits[params.chosen == chosen] - 4)
        assert stats.chisquare(counts).pvalue > 1e-4
    params = sample_many(Posterise((3, 3), p=0.2))
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
        Posterise(**arguments)
