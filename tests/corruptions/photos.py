"""Images for the tests of corruptions, and what a published corruption in floats becomes."""

from functools import lru_cache

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images


@lru_cache
def photos(height, width, channels=3, n=4):
    """(n, channels, height, width) uint8: parts of scikit-learn's two photographs."""
    rng = np.random.default_rng(0)
    found = []
    for i in range(n):
        photo = Image.fromarray(load_photos()[i % 2])
        side = 64 * (1 + i % 4)
        left, top = int(rng.integers(640 - side)), int(rng.integers(427 - side))
        part = photo.resize((width, height), box=(left, top, left + side, top + side))
        found.append(np.asarray(part).transpose(2, 0, 1)[:channels])
    return np.stack(found)


@lru_cache
def load_photos():
    return load_sample_images().images


def noise(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def assert_cut(found, levels, tolerance=1e-5):
    """found: uint8; levels: the float values of which the authors keep the whole part.

    Where rounding decides between two whole levels (within the tolerance of one), both will do.
    """
    low, high = (np.floor(np.clip(levels + e, 0, 255)) for e in (-tolerance, tolerance))
    found = np.asarray(found)
    assert found.dtype == np.uint8
    np.testing.assert_array_less(low - 1, found)
    np.testing.assert_array_less(found, high + 1)
