"""Where the mean and deviation of the images come from, by name.

A new one is a row of `NORMALIZATIONS` here and its name in `augury.records.recipe`.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from augury.models import pretrained_statistics
from augury.names import lookup
from augury.training.network import Normalize

# Mean and standard deviation, one per channel, in units of [0, 1].
Statistics = tuple[tuple[float, ...], tuple[float, ...]]
Images = NDArray[np.uint8]


def channel_statistics(images: Images) -> Statistics:
    """Mean and standard deviation per channel of (N, C, H, W) uint8 images, in units of [0, 1]."""
    counts = np.stack(
        [
            np.bincount(np.ascontiguousarray(images[:, c]).ravel(), minlength=256)
            for c in range(images.shape[1])
        ]
    )
    values = np.arange(256) / 255
    shares = counts / counts.sum(axis=1, keepdims=True)
    mean = shares @ values
    variance = shares @ values**2 - mean**2
    # A constant channel is left at its scale instead of being divided by zero.
    std = np.where(variance > 1e-12, np.sqrt(np.maximum(variance, 0)), 1.0)
    return tuple(mean.tolist()), tuple(std.tolist())


def _of_train_images(images: Images, model: str) -> Statistics:
    return channel_statistics(images)


def _of_pretrained_weights(images: Images, model: str) -> Statistics:
    return pretrained_statistics(model, images.shape[1])


def _unit(images: Images, model: str) -> Statistics:
    return unit_statistics(images.shape[1])


def unit_statistics(channels: int) -> Statistics:
    """Those that leave pixels in [0, 1] as they are."""
    return (0.0,) * channels, (1.0,) * channels


# From the images that are trained on, (N, C, H, W) uint8, and the model's name.
NORMALIZATIONS: dict[str, Callable[[Images, str], Statistics]] = {
    "train": _of_train_images,
    "pretrained": _of_pretrained_weights,
    "unit": _unit,
}


def build_normalize(normalization: str, images: Images, model: str) -> Normalize:
    """The normalization of that name, for a model trained on `images`, (N, C, H, W) uint8.

    Raises InputError where "pretrained" is asked for and the model has no pretrained weights.
    """
    return Normalize(*lookup(NORMALIZATIONS, normalization, "normalization")(images, model))
