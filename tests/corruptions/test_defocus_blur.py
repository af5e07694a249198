import math

import numpy as np
import pytest
import torch
from photos import assert_cut, noise, photos
from scipy import ndimage

from augury.corruptions import corrupt
from augury.corruptions.defocus_blur import disk

CONSTANTS = {
    32: ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
    96: ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
}


def published_kernel(radius, softness):
    """OpenCV's Gaussian filter of the disk, point by point, its border mirrored."""
    half, reach = (8, 1) if radius <= 8 else (radius, 2)
    n = 2 * half + 1
    sharp = np.array(
        [[(x - half) ** 2 + (y - half) ** 2 <= radius**2 for x in range(n)] for y in range(n)]
    )
    sharp = sharp / sharp.sum()
    weight = {d: math.exp(-(d**2) / (2 * softness**2)) for d in range(-reach, reach + 1)}
    total = sum(weight.values())

    def mirror(i):
        return -i if i < 0 else 2 * (n - 1) - i if i >= n else i

    soft = np.zeros((n, n))
    for y in range(n):
        for x in range(n):
            for dy in weight:
                for dx in weight:
                    share = weight[dy] * weight[dx] / total**2
                    soft[y, x] += share * sharp[mirror(y + dy), mirror(x + dx)]
    return soft


@pytest.mark.parametrize("constants", [c for table in CONSTANTS.values() for c in table])
def test_kernel_equals_the_definition(constants):
    expected = published_kernel(*constants)
    kernel = disk(*constants).numpy()
    margin = (len(expected) - len(kernel)) // 2
    np.testing.assert_allclose(np.pad(kernel, margin), expected, rtol=0, atol=1e-15)


def test_kernel_by_hand():
    """A disk of one pixel becomes the Gaussian's taps: exp(-1 / 0.32) = 0.043937 beside 1."""
    side = 0.043937 / 1.087874
    center = 1 / 1.087874
    line = np.array([side, center, side])
    np.testing.assert_allclose(disk(0.3, 0.4).numpy(), np.outer(line, line), atol=1e-6)


def test_kernel_of_a_touching_disk_has_not_the_sum_one():
    """Radius 8 on a grid of 17: filtering mirrors the four outermost points onto themselves."""
    assert abs(float(disk(8, 0.5).sum()) - published_kernel(8, 0.5).sum()) < 1e-14
    assert abs(float(disk(8, 0.5).sum()) - 1) > 1e-5


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("size", [(8, 8), (28, 32), (64, 33), (96, 96), (8, 70)])
@pytest.mark.parametrize("channels", [1, 3])
def test_equals_scipy(severity, size, channels):
    """SciPy's "mirror" is OpenCV's BORDER_REFLECT_101; 8 pixels are fewer than a radius of 10."""
    images = np.concatenate((photos(*size, channels, n=1), noise((1, channels, *size))))
    kernel = published_kernel(*CONSTANTS[32 if max(size) <= 64 else 96][severity - 1])
    expected = ndimage.correlate(images / 255.0, kernel[None, None], mode="mirror")
    found = corrupt(torch.from_numpy(images), torch.arange(2), "defocus-blur", severity)
    assert_cut(found, np.clip(expected, 0, 1) * 255)
