"""PIL as a reference, one image at a time."""

import numpy as np
import torch
from hypothesis import strategies as st
from PIL import Image

from helpers.batches import make_batch


def to_pillow(image):
    """(C, H, W) uint8, C 1 or 3 -> a PIL image."""
    array = np.asarray(image)
    return Image.fromarray(array[0] if len(array) == 1 else array.transpose(1, 2, 0).copy())


def from_pillow(image):
    """A PIL image -> (C, H, W) uint8."""
    array = np.array(image)
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


def applied(operation, image, *arguments):
    """`operation` of `ImageOps` for one (C, H, W) uint8 image."""
    return from_pillow(operation(to_pillow(image), *arguments))


def enhanced(enhancer, image, factor):
    """`enhancer` of `ImageEnhance` for one (C, H, W) uint8 image."""
    return from_pillow(enhancer(to_pillow(image)).enhance(factor)).astype(np.float64)


def gray_levels(image):
    """(C, H, W) uint8 -> (H, W) float64: ITU-R 601-2 luma, not rounded."""
    weights = [1.0] if len(image) == 1 else [0.299, 0.587, 0.114]
    return np.tensordot(weights, image.astype(np.float64), 1)


@st.composite
def random_image(draw):
    """(C, H, W) uint8 noise from 1×1 to 20×20."""
    shape = draw(st.sampled_from([1, 3])), draw(st.integers(1, 20)), draw(st.integers(1, 20))
    generator = np.random.default_rng(draw(st.integers(0, 10**6)))
    return generator.integers(0, 256, shape).astype(np.uint8)


def dim_images(n, channels):
    """(n, C, 20, 30) uint8 whose values fill only part of the range, another in each channel."""
    generator = np.random.default_rng(0)
    low = generator.integers(0, 100, (n, channels, 1, 1))
    return generator.integers(low, low + 100, (n, channels, 20, 30)).astype(np.uint8)


def check_chosen(augmentation, params, chosen, expected, channels, dtype):
    """Images that are chosen are what `expected(image, place)` makes of them, the others stay.

    chosen: (n,) bool; expected: of one (C, H, W) uint8 image.
    """
    values = dim_images(len(chosen), channels)
    images = torch.from_numpy(values)
    images = images if dtype == torch.uint8 else images.float() / 255
    found = augmentation.apply(make_batch(images), params).images
    assert found.dtype == dtype
    level = 1 if dtype == torch.uint8 else 255
    for i, image in enumerate(values):
        wanted = expected(image, i) if chosen[i] else image
        np.testing.assert_allclose(found[i].numpy() * level, wanted, atol=1e-4)
