import math

import numpy as np
import pytest
import torch
from photos import assert_cut, noise, photos
from scipy import ndimage

from augury.corruptions import corrupt

CONSTANTS = {32: (0.4, 0.6, 0.7, 0.8, 1), 96: (1, 2, 3, 4, 6)}


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("size", [(8, 8), (28, 32), (64, 33), (96, 96), (8, 70)])
@pytest.mark.parametrize("channels", [1, 3])
def test_equals_scipy(severity, size, channels):
    """scikit-image's `gaussian` calls SciPy's filter with these arguments."""
    images = np.concatenate((photos(*size, channels, n=1), noise((1, channels, *size))))
    sigma = CONSTANTS[32 if max(size) <= 64 else 96][severity - 1]
    filtered = ndimage.gaussian_filter(
        images / 255.0, (0, 0, sigma, sigma), mode="nearest", truncate=4
    )
    found = corrupt(torch.from_numpy(images), torch.arange(2), "gaussian-blur", severity)
    assert_cut(found, np.clip(filtered, 0, 1) * 255)


@pytest.mark.parametrize(("severity", "sigma"), [(1, 0.4), (5, 1.0)])
def test_equals_a_sum_over_neighbors(severity, sigma):
    image = noise((9, 8))
    reach = int(4 * sigma + 0.5)
    weight = [math.exp(-(d**2) / (2 * sigma**2)) for d in range(-reach, reach + 1)]
    total = sum(weight)
    padded = np.pad(image.astype(float), reach, mode="edge")
    expected = np.zeros(image.shape)
    for y, x in np.ndindex(*image.shape):
        for dy, dx in np.ndindex(2 * reach + 1, 2 * reach + 1):
            share = weight[dy] * weight[dx] / total**2
            expected[y, x] += share * padded[y + dy, x + dx]
    found = corrupt(torch.from_numpy(image)[None, None], torch.arange(1), "gaussian-blur", severity)
    assert_cut(found[0, 0], expected)
