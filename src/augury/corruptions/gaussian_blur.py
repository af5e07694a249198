"""Blur by a Gaussian."""

from functools import lru_cache

import numpy as np
import scipy
import torch
from torch import Tensor

from augury.corruptions.base import constant, cut
from augury.rng import Draws

# Standard deviations in pixels, for images of 32 and of 224 pixels; make_cifar_c.py and
# make_imagenet_c.py.
_CIFAR = (0.4, 0.6, 0.7, 0.8, 1.0)
_IMAGENET = (1.0, 2.0, 3.0, 4.0, 6.0)


def gaussian_blur(images: Tensor, draws: Draws, severity: int) -> Tensor:
    """Blur each channel; draws: not used.

    The kernel is cut at four standard deviations and the nearest pixel is repeated beyond the
    border: the defaults of scikit-image's `gaussian`, which the authors use. As in their code, the
    constants in pixels do not depend on the image's size. They publish this corruption as one of
    four extra ones, which the benchmark's mean leaves out.
    """
    sigma = constant(_CIFAR, _IMAGENET, images, severity)
    rows, columns = (_filter(side, sigma).to(images.device) for side in images.shape[2:])
    return cut(rows @ images.double() @ columns.T)


@lru_cache(maxsize=20)
def _filter(side: int, sigma: float) -> Tensor:
    """(side, side) float64: the matrix that filters a column of pixels, border included."""
    unit = np.eye(side)
    return torch.from_numpy(
        scipy.ndimage.gaussian_filter1d(unit, sigma, axis=0, mode="nearest", truncate=4)
    )
