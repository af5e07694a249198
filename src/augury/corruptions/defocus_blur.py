"""Blur by a disk, as from a lens that is out of focus."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy
import torch
from torch import Tensor

from augury.corruptions.base import constant, cut
from augury.rng import Draws

# (radius, standard deviation that softens the disk's edge) in pixels, for images of 32 and of 224
# pixels; make_cifar_c.py and make_imagenet_c.py.
_CIFAR = ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1.0, 0.2), (1.5, 0.1))
_IMAGENET = ((3.0, 0.1), (4.0, 0.5), (6.0, 0.5), (8.0, 0.5), (10.0, 0.5))


def defocus_blur(images: Tensor, draws: Draws, severity: int) -> Tensor:
    """Filter each channel by a softened disk; draws: not used.

    Beyond the border the image is mirrored about its outermost pixels, as OpenCV does by default;
    more than once if it is smaller than the disk. As in the authors' code, the constants in pixels
    do not depend on the image's size. Computed by Fourier transform.
    """
    radius, softness = constant(_CIFAR, _IMAGENET, images, severity)
    kernel = disk(radius, softness).to(images.device)
    reach = kernel.shape[0] // 2
    rows, columns = (_mirrored(side, reach, images.device) for side in images.shape[2:])
    padded = images[:, :, rows[:, None], columns].double()
    size = padded.shape[2:]
    # The kernel is its own mirror image, so convolution and correlation are the same.
    spectrum = torch.fft.rfft2(padded) * torch.fft.rfft2(kernel, s=size)
    return cut(torch.fft.irfft2(spectrum, s=size)[:, :, 2 * reach :, 2 * reach :])


@lru_cache(maxsize=10)
def disk(radius: float, softness: float) -> Tensor:
    """The published kernel (n, n), float64, n odd.

    A disk of sum 1 on a grid of 17×17 (2 · radius + 1 beyond radius 8), filtered by a Gaussian of
    3×3 (5×5) taps, mirrored at the grid's border; so the sum is not exactly 1 if the disk touches
    the border. Margins of zeros are cut off.
    """
    half, taps = (8, 3) if radius <= 8 else (int(radius), 5)
    line = np.arange(-half, half + 1)
    grid = (line[:, None] ** 2 + line**2 <= radius**2).astype(np.float64)
    grid /= grid.sum()
    for axis in (0, 1):
        grid = scipy.ndimage.correlate1d(grid, _gaussian(taps, softness), axis=axis, mode="mirror")
    margin = int(np.flatnonzero(grid.sum(0) > 0)[0])
    return torch.from_numpy(grid[margin : len(grid) - margin, margin : len(grid) - margin].copy())


def _gaussian(taps: int, sigma: float) -> npt.NDArray[np.float64]:
    distance = np.arange(taps) - taps // 2
    weights = np.exp(-(distance**2) / (2 * sigma**2))
    normalized: npt.NDArray[np.float64] = weights / weights.sum()
    return normalized


def _mirrored(side: int, reach: int, device: torch.device) -> Tensor:
    """Indices of a line's pixels, extended by `reach` at both ends by mirroring: 2 1 0 1 2 … ."""
    period = 2 * (side - 1)
    place = torch.arange(-reach, side + reach, device=device) % period
    return torch.minimum(place, period - place)
