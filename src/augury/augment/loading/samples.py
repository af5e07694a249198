"""One sample of a data set as tensors: its image, its label and its id."""

from collections.abc import Mapping
from operator import index
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from augury.augment.loading.repeats import Repeat
from augury.errors import InputError

# How far a sum of probabilities may be from 1, as in `Batch`.
_SUM_TOLERANCE = 1e-3


def read_image(image: Any) -> Tensor:
    """(C, H, W), uint8 or floating; InputError for anything but an image."""
    if isinstance(image, Image.Image) and image.mode not in ("L", "RGB"):
        raise InputError(
            f'image: PIL mode must be L or RGB, got {image.mode}; image.convert("RGB") makes it so'
        )
    try:
        pixels = image if isinstance(image, Tensor) else torch.from_numpy(np.array(image))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"image: must be a tensor, an array or a PIL image, got {shown(image)}"
        ) from error
    if pixels.ndim not in (2, 3):
        raise InputError(f"image: must have 2 or 3 dimensions, got shape {tuple(pixels.shape)}")
    if pixels.dtype != torch.uint8 and not pixels.is_floating_point():
        raise InputError(f"image: dtype must be uint8 or floating, got {pixels.dtype}")
    if pixels.ndim == 2:
        return pixels[None]
    return pixels if isinstance(image, Tensor) else pixels.permute(2, 0, 1)


def read_label(label: Any, num_classes: int) -> Tensor:
    """(num_classes,) float32 ≥ 0 with sum 1.

    label: a class number, also as an array or tensor with one element; or num_classes
    probabilities, for example one-hot. Raises InputError for anything else.
    """
    values = _numbers(label)
    if values is None or (values.ndim == 0 and values.dtype.kind == "f"):
        raise InputError(
            f"label: must be a whole number in 0..{num_classes - 1} or {num_classes} "
            f"probabilities, got {shown(label)}"
        )
    if values.size == 1 and values.dtype.kind != "f" and (values.ndim == 0 or num_classes > 1):
        return _one_hot(values.item(), num_classes)
    if values.shape != (num_classes,):
        raise InputError(
            f"label: must have {num_classes} probabilities, one for each class, "
            f"got shape {values.shape}"
        )
    total = values.sum(dtype=np.float64)
    if not (np.isfinite(total) and values.min() >= 0 and abs(total - 1) <= _SUM_TOLERANCE):
        raise InputError(
            f"label: probabilities must be at least 0 and sum to 1, got sum {total:g} and least "
            f"{values.min():g}; an image of several classes at once (multi-label) is not supported"
        )
    return torch.from_numpy(values.astype(np.float32))


def _numbers(label: Any) -> np.ndarray | None:
    """`label` as an array of bool, integers or floats; None if it is no such array."""
    if isinstance(label, Tensor):
        label = label.detach().cpu()
        label = (label.double() if label.is_floating_point() else label).numpy()
    try:
        values = np.asarray(label)
    except ValueError:  # a list of lists of different lengths
        return None
    return values if values.dtype.kind in "biuf" and values.size else None


def _one_hot(number: int, num_classes: int) -> Tensor:
    if not 0 <= number < num_classes:
        raise InputError(f"label: must lie in 0..{num_classes - 1}, got {int(number)}")
    target = torch.zeros(num_classes)
    target[int(number)] = 1
    return target


def read_id(given: Any) -> Repeat:
    """The id and how often it came before, 0 for a plain number; InputError for anything else."""
    repeat = given if isinstance(given, Repeat) else Repeat(given, 0)
    try:
        number = index(repeat.at)
    except TypeError as error:
        raise InputError(
            f"id: must be a whole number, got {shown(given)}; WithIds(dataset) adds the ids"
        ) from error
    if not -(2**63) <= number < 2**63:
        raise InputError(f"id: must fit into 64 bits, got {shown(number)}")
    return Repeat(number, repeat.number)


def shown(value: Any) -> str:
    """`value` in a few words, for an error message."""
    if isinstance(value, Mapping):
        return f"a dict with the keys {', '.join(map(str, value))}"[:120]
    if isinstance(value, tuple):
        return f"({', '.join(type(each).__name__ for each in value)})"[:120]
    if isinstance(value, str | bool | int | float | None):
        return f"{value!r:.60}"
    if isinstance(value, Tensor | np.ndarray):
        return f"{type(value).__name__} of {value.dtype} and shape {tuple(value.shape)}"
    return type(value).__name__
