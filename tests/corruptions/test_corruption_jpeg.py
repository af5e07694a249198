import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from photos import noise, photos
from PIL import Image, features
from scipy import fft

from augury import jpeg
from augury.corruptions import corrupt
from augury.jpeg import compress

CONSTANTS = {32: (80, 65, 58, 50, 40), 96: (25, 18, 15, 10, 7)}

turbo = pytest.mark.skipif(
    not features.check("libjpeg_turbo"), reason="this Pillow has another JPEG library"
)


def pillow(image, quality):
    """image: (C, H, W) uint8, written and read."""
    file = io.BytesIO()
    picture = Image.fromarray(image.transpose(1, 2, 0) if len(image) == 3 else image[0])
    picture.save(file, "JPEG", quality=quality)
    found = np.asarray(Image.open(file))
    return found.transpose(2, 0, 1) if len(image) == 3 else found[None]


@turbo
@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("size", [(8, 8), (28, 28), (32, 32), (64, 64), (96, 96), (8, 70)])
@pytest.mark.parametrize("channels", [1, 3])
def test_equals_pillow(severity, size, channels):
    images = np.concatenate((photos(*size, channels), noise((1, channels, *size))))
    quality = CONSTANTS[32 if max(size) <= 64 else 96][severity - 1]
    found = corrupt(torch.from_numpy(images), torch.arange(5), "jpeg", severity)
    np.testing.assert_array_equal(found, [pillow(image, quality) for image in images])


@turbo
@given(
    quality=st.integers(1, 100),
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    channels=st.sampled_from([1, 3]),
    smooth=st.booleans(),
    seed=st.integers(0, 999),
)
def test_equals_pillow_at_any_quality_and_size(quality, size, channels, smooth, seed):
    height, width = size
    image = noise((channels, height, width), seed)
    if smooth:
        image = photos(64, 64, channels)[seed % 4, :, :height, :width]
    found = compress(torch.from_numpy(image)[None], torch.tensor([quality]))[0]
    np.testing.assert_array_equal(found, pillow(image, quality))


@turbo
@pytest.mark.parametrize("channels", [1, 3])
def test_each_image_of_a_batch_has_its_own_quality(channels):
    images = np.concatenate([photos(24, 35, channels)] * 25)
    quality = torch.arange(1, 101)
    found = compress(torch.from_numpy(images), quality).numpy()
    for image, each, one in zip(images, quality.tolist(), found, strict=True):
        np.testing.assert_array_equal(one, pillow(image, each))


def test_a_large_batch_is_computed_in_pieces_with_the_same_result(monkeypatch):
    images, quality = torch.from_numpy(noise((7, 3, 20, 17))), torch.arange(20, 90, 10)
    whole = jpeg.compress(images, quality)
    for together in (1, 2 * images[0].numel(), 3 * images[0].numel() + 1):
        monkeypatch.setattr(jpeg, "_TOGETHER", together)
        assert torch.equal(jpeg.compress(images, quality), whole)


def test_a_gray_block_equals_the_standard():
    """One block by SciPy's cosine transform in floats, luminance steps of quality 50 by hand.

    A horizontal wave: only frequencies of the first row differ from 0. libjpeg's integer transform
    may round a sample differently by one level.
    """
    steps = np.array([16, 11, 10, 16, 24, 40, 51, 61])
    line = np.round(128 + 90 * np.cos(np.pi * (2 * np.arange(8) + 1) * 3 / 16)).astype(np.uint8)
    block = np.tile(line, (8, 1))
    frequencies = fft.dctn(block - 128.0, norm="ortho")[0]
    rounded = np.zeros((8, 8))
    rounded[0] = np.round(frequencies / steps) * steps
    expected = np.clip(np.round(fft.idctn(rounded, norm="ortho") + 128), 0, 255)
    assert (rounded != 0).sum() >= 1
    found = compress(torch.from_numpy(block)[None, None], torch.tensor([50]))[0, 0].numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1)


@pytest.mark.parametrize("severity", [1, 5])
@pytest.mark.parametrize("side", [28, 32, 96])
def test_gray_images_are_like_equal_channels(severity, side):
    gray = torch.from_numpy(photos(side, side, 1))
    color = corrupt(gray.expand(-1, 3, -1, -1), torch.arange(4), "jpeg", severity)
    found = corrupt(gray, torch.arange(4), "jpeg", severity)
    assert torch.equal(found.expand_as(color), color)
