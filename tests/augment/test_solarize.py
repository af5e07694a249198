import pytest
import torch
from PIL import ImageOps
from pillow import applied, check_chosen
from scipy import stats

from augury.augment.color.solarize import Solarize, SolarizeParams
from augury.errors import InputError
from helpers.sampling import is_rate, sample_many

THRESHOLDS = [0.0, 40.0, 63.5, 110.0, 128.0, 256.0]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_chosen_images_equal_pillow_s(channels, dtype):
    def expected(image, place):
        return applied(ImageOps.solarize, image, THRESHOLDS[place])

    chosen = torch.arange(6) != 3
    params = SolarizeParams(torch.tensor(THRESHOLDS), chosen)
    check_chosen(Solarize(), params, chosen, expected, channels, dtype)


def test_draws_match_the_documented_distribution():
    params = sample_many(Solarize())
    assert is_rate(params.chosen, 0.5)
    for chosen in (True, False):
        threshold = params.threshold[params.chosen == chosen].numpy()
        assert stats.kstest(threshold, stats.uniform(0, 256).cdf).pvalue > 1e-4
    params = sample_many(Solarize((128, 128), p=0.2))
    assert is_rate(params.chosen, 0.2)
    assert (params.threshold == 128).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"threshold": (-1, 4)}, r"threshold: must be a rising pair within \[0, 256\]"),
        ({"threshold": (0, 257)}, r"threshold: must be a rising pair within \[0, 256\]"),
        ({"p": 1.5}, r"p: must lie in \[0, 1\], got 1.5"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Solarize(**arguments)
