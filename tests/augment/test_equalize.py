import pytest
import torch
from PIL import ImageOps
from pillow import applied, check_chosen

from augury.augment.color.equalize import Equalize, EqualizeParams
from helpers.sampling import check_rate_and_bounds_of_p


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_chosen_images_equal_pillow_s(channels, dtype):
    def expected(image, place):
        return applied(ImageOps.equalize, image)

    chosen = torch.tensor([True, False] * 3)
    check_chosen(Equalize(), EqualizeParams(chosen), chosen, expected, channels, dtype)


def test_p_is_the_rate():
    check_rate_and_bounds_of_p(Equalize, "equalize")
