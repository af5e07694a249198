import numpy as np
import pytest
import torch
from photos import assert_cut, noise, photos

from augury.corruptions import corrupt

CONSTANTS = {32: (0.75, 0.5, 0.4, 0.3, 0.15), 96: (0.4, 0.3, 0.2, 0.1, 0.05)}


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("side", [8, 32, 96])
@pytest.mark.parametrize("channels", [1, 3])
def test_equals_the_definition(severity, side, channels):
    images = np.concatenate((photos(side, side, channels), noise((1, channels, side, side))))
    found = corrupt(torch.from_numpy(images), torch.arange(5), "contrast", severity)
    c = CONSTANTS[max(side, 32)][severity - 1]
    for image, corrupted in zip(images, found, strict=True):
        for channel, changed in zip(image / 255.0, corrupted, strict=True):
            assert_cut(changed, ((channel - channel.mean()) * c + channel.mean()) * 255)


def test_by_hand():
    """Half 40, half 200: the mean is 120, and severity 5 leaves 0.15 of ±80."""
    images = torch.full((1, 1, 8, 8), 40, dtype=torch.uint8)
    images[..., 4:] = 200
    found = corrupt(images, torch.arange(1), "contrast", 5)
    assert found[0, 0, 0].tolist() == [108] * 4 + [132] * 4
