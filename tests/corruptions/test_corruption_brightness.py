import colorsys

import numpy as np
import pytest
import torch
from photos import assert_cut, noise, photos

from augury.corruptions import corrupt

CONSTANTS = {32: (0.05, 0.1, 0.15, 0.2, 0.3), 96: (0.1, 0.2, 0.3, 0.4, 0.5)}


def brighter(pixel, added):
    hue, saturation, value = colorsys.rgb_to_hsv(*(pixel / 255.0))
    return np.array(colorsys.hsv_to_rgb(hue, saturation, min(value + added, 1))) * 255


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("side", [32, 96])
def test_equals_a_change_in_hsv(severity, side):
    images = np.concatenate((photos(side, side, n=2), noise((1, 3, side, side))))
    images[2, :, 0] = images[2, :1, 0]  # grays
    images[2, :, 1] = 0
    images[2, 1:, 2] = 0  # saturated reds, black among them
    found = corrupt(torch.from_numpy(images), torch.arange(3), "brightness", severity).numpy()
    rows = found[:, :, :6].transpose(0, 2, 3, 1).reshape(-1, 3)
    before = images[:, :, :6].transpose(0, 2, 3, 1).reshape(-1, 3)
    added = CONSTANTS[side][severity - 1]
    assert_cut(rows, np.array([brighter(pixel, added) for pixel in before]))


@pytest.mark.parametrize("severity", [1, 5])
def test_gray_images_are_like_equal_channels(severity):
    gray = torch.from_numpy(noise((2, 1, 28, 28)))
    color = corrupt(gray.expand(-1, 3, -1, -1), torch.arange(2), "brightness", severity)
    found = corrupt(gray, torch.arange(2), "brightness", severity)
    assert torch.equal(found.expand_as(color), color)


def test_by_hand():
    """Severity 5 adds 76.5 to the value: (100, 50, 0) · 1.765, (250, 125, 25) · 1.02, black 76."""
    pixels = torch.tensor([[100, 50, 0], [250, 125, 25], [0, 0, 0]], dtype=torch.uint8)
    images = pixels.T[None, :, :, None].expand(-1, -1, -1, 8)
    images = torch.cat((images, images, images), dim=2)
    found = corrupt(images, torch.arange(1), "brightness", 5)[0, :, :3, 0].T
    assert found.tolist() == [[176, 88, 0], [255, 127, 25], [76, 76, 76]]
