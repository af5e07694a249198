import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from photos import noise, photos
from PIL import Image

from augury.corruptions import corrupt
from augury.corruptions.pixelate import box_weights

CONSTANTS = {32: (0.95, 0.9, 0.85, 0.75, 0.65), 96: (0.6, 0.5, 0.4, 0.3, 0.25)}


def pillow(image, share):
    """image: (C, H, W) uint8, down and up by Pillow's box."""
    height, width = image.shape[1:]
    picture = Image.fromarray(image.transpose(1, 2, 0) if len(image) == 3 else image[0])
    picture = picture.resize((int(width * share), int(height * share)), Image.Resampling.BOX)
    found = np.asarray(picture.resize((width, height), Image.Resampling.BOX))
    return found.transpose(2, 0, 1) if len(image) == 3 else found[None]


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "size", [(8, 8), (28, 28), (32, 32), (64, 64), (33, 47), (96, 96), (8, 70)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_equals_pillow(severity, size, channels):
    images = np.concatenate((photos(*size, channels), noise((1, channels, *size))))
    share = CONSTANTS[32 if max(size) <= 64 else 96][severity - 1]
    found = corrupt(torch.from_numpy(images), torch.arange(5), "pixelate", severity)
    np.testing.assert_array_equal(found, [pillow(image, share) for image in images])


@given(before=st.integers(1, 260), after=st.integers(1, 260), seed=st.integers(0, 99))
def test_weights_resize_a_line_as_pillow_does(before, after, seed):
    line = noise((1, before), seed)
    expected = np.asarray(Image.fromarray(line).resize((after, 1), Image.Resampling.BOX))[0]
    sums = box_weights(before, after).numpy() @ line[0].astype(float)
    np.testing.assert_array_equal(np.floor(sums / 2**22 + 0.5), expected)


def test_by_hand():
    """8 columns become int(8 · 0.65) = 5 of 1.6 each, centered at 0.8, 2.4, 4, 5.6 and 7.2.

    The pixels with their centers (0.5, 1.5, ...) in these: 0 and 1; 2; 3 and 4; 5; 6 and 7. Going
    up, each column of 8 takes the one of the 5 in which its center lies.
    """
    line = [10, 20, 30, 41, 50, 60, 70, 80]
    images = torch.tensor(line, dtype=torch.uint8).expand(1, 1, 8, 8)
    found = corrupt(images, torch.arange(1), "pixelate", 5)
    # The mean of 41 and 50 is 45.5 and rounds up.
    assert found[0, 0, 0].tolist() == [15, 15, 30, 46, 46, 60, 75, 75]
