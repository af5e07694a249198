import numpy as np
import pytest
import torch
from batches import is_rate, make_batch, sample_many
from PIL import ImageOps
from pillow import applied, dim_images

from augury.augment.autocontrast import Autocontrast, AutocontrastParams
from augury.errors import InputError


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_chosen_images_equal_pillow_s(channels, dtype):
    values = dim_images(6, channels)
    images = torch.from_numpy(values)
    images = images if dtype == torch.uint8 else images.float() / 255
    chosen = torch.tensor([True, False] * 3)
    found = Autocontrast().apply(make_batch(images), AutocontrastParams(chosen)).images
    assert found.dtype == dtype
    level = 1 if dtype == torch.uint8 else 255
    for i in range(6):
        expected = applied(ImageOps.autocontrast, values[i]) if chosen[i] else values[i]
        np.testing.assert_allclose(found[i].numpy() * level, expected, atol=1e-4)


def test_the_rate_is_the_documented():
    assert is_rate(sample_many(Autocontrast()).stretch, 0.5)
    assert is_rate(sample_many(Autocontrast(0.2)).stretch, 0.2)


def test_a_bad_probability_is_named():
    with pytest.raises(InputError, match=r"p: must lie in \[0, 1\], got 1.5"):
        Autocontrast(p=1.5)
