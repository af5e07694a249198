"""Every row of the table, against NumPy and the statistics that timm publishes."""

import numpy as np
import pytest
import torch

from augury.errors import InputError
from augury.records.recipe import NORMALIZATIONS
from augury.training import normalizations
from augury.training.normalizations import build_normalize, channel_statistics

IMAGES = np.random.default_rng(0).integers(0, 200, (50, 3, 8, 8), dtype=np.uint8)
REFERENCES = {
    "train": ((IMAGES / 255).mean((0, 2, 3)), (IMAGES / 255).std((0, 2, 3))),
    "pretrained": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "unit": ((0, 0, 0), (1, 1, 1)),
}


def test_the_table_holds_what_a_recipe_may_name():
    assert tuple(normalizations.NORMALIZATIONS) == NORMALIZATIONS == tuple(REFERENCES)


@pytest.mark.parametrize("name", NORMALIZATIONS)
def test_mean_and_deviation(name):
    normalize = build_normalize(name, IMAGES, "resnet18")
    mean, std = REFERENCES[name]
    np.testing.assert_allclose(normalize.mean.flatten(), mean, atol=1e-6)
    np.testing.assert_allclose(normalize.std.flatten(), std, atol=1e-6)
    pixels = torch.from_numpy(IMAGES[:2] / 255).float()
    shape = (1, 3, 1, 1)
    expected = (pixels - torch.tensor(mean).view(shape)) / torch.tensor(std).view(shape)
    torch.testing.assert_close(normalize(pixels), expected.float(), atol=1e-5, rtol=1e-5)


def test_gray_images_take_the_mean_over_colors():
    normalize = build_normalize("pretrained", IMAGES[:, :1], "resnet18")
    assert normalize.mean.flatten().tolist() == pytest.approx([0.449])
    assert build_normalize("unit", IMAGES[:, :1], "small").std.flatten().tolist() == [1.0]


def test_what_there_is_not():
    with pytest.raises(InputError, match="small: has no pretrained weights"):
        build_normalize("pretrained", IMAGES, "small")
    with pytest.raises(InputError, match=r"unknown normalization 'trian'\. Did you mean 'train'"):
        build_normalize("trian", IMAGES, "small")


def test_channel_statistics_are_numpys():
    images = IMAGES.copy()
    images[:, 1] //= 3
    mean, std = channel_statistics(images)
    np.testing.assert_allclose(mean, (images / 255).mean((0, 2, 3)), atol=1e-12)
    np.testing.assert_allclose(std, (images / 255).std((0, 2, 3)), atol=1e-9)


def test_a_constant_channel_is_not_divided_by_zero():
    mean, std = channel_statistics(np.full((2, 1, 4, 4), 51, np.uint8))
    assert mean == pytest.approx((0.2,))
    assert std == (1.0,)
