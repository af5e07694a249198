"""AutoAugment's operations, for each image alone: it pays for its own operations only.

The levels are those of `augment/policies/operations.py`, bit for bit.
"""

import numpy as np

from augury.kernels.processor.compiled import inlined, loop, part
from augury.kernels.processor.policy_levels import (
    autocontrast,
    copy,
    equalize,
    invert,
    mean_gray,
    posterize,
    solarize,
    solarize_add,
    towards,
)
from augury.kernels.processor.policy_moves import move
from augury.kernels.processor.policy_neighbors import saturation, sharpness
from augury.kernels.steps import OPERATIONS

_IDENTITY = OPERATIONS.index("identity")
# The moves lie next to each other.
_FIRST_MOVE, _LAST_MOVE = OPERATIONS.index("shear-x"), OPERATIONS.index("rotate")
_BRIGHTNESS = OPERATIONS.index("brightness")
_SATURATION = OPERATIONS.index("saturation")
_CONTRAST = OPERATIONS.index("contrast")
_SHARPNESS = OPERATIONS.index("sharpness")
_POSTERIZE = OPERATIONS.index("posterize")
_SOLARIZE = OPERATIONS.index("solarize")
_AUTOCONTRAST = OPERATIONS.index("autocontrast")
_EQUALIZE = OPERATIONS.index("equalize")
_INVERT = OPERATIONS.index("invert")


@loop
def layer_levels(images, shape, operation, magnitude, matrix, out):
    """Each image after its layers; neighboring moves are one resampling.

    images, out: (B, C, H·W) uint8, not the same; shape: (C, H, W). operation: (B, L) int64;
    magnitude: (B, L) float32; matrix: (B, L, 2, 3) float32; see `steps.Layers`. All arrays are
    contiguous.
    """
    _, height, width = shape
    first, second = np.empty_like(images[0]), np.empty_like(images[0])
    for b in range(len(images)):
        found = _layered(
            images[b], height, width, operation[b], magnitude[b], matrix[b], first, second
        )
        for c in range(len(found)):
            copy(found[c], out[b, c])


@loop
def layer_values(images, shape, operation, magnitude, matrix, chosen, out):
    """The same for float32 images in [0, 1], of which the `chosen` are rounded to levels first.

    chosen: (B,) bool; the other images are copied as they are.
    """
    _, height, width = shape
    levels, first = np.empty(images[0].shape, np.uint8), np.empty(images[0].shape, np.uint8)
    for b in range(len(images)):
        image, shown = images[b], out[b]
        if not chosen[b]:
            for c in range(len(image)):
                copy(image[c], shown[c])
            continue
        _to_levels(image, levels)
        found = _layered(
            levels, height, width, operation[b], magnitude[b], matrix[b], first, levels
        )
        for c in range(len(image)):
            _to_values(found[c], shown[c])


@part
def _layered(source, height, width, operation, magnitude, matrix, first, second):
    """One image (C, H·W) uint8 after its layers: `source` itself, `first` or `second`.

    `second` may be `source`, which is written to then.
    """
    found, out, turn, k = source, first, False, np.int64(0)
    while k < len(operation):
        begin = k
        k += 1
        if operation[begin] == _IDENTITY:
            continue
        if _FIRST_MOVE <= operation[begin] <= _LAST_MOVE:
            while k < len(operation) and _FIRST_MOVE <= operation[k] <= _LAST_MOVE:
                k += 1
            move(found, height, width, matrix, begin, k, out)
        else:
            _recolor(found, height, width, operation[begin], magnitude[begin], out)
        found = out
        turn = not turn
        out = second if turn else first
    return found


@inlined
def _recolor(source, height, width, operation, magnitude, out):
    factor = np.float32(1) + magnitude
    if operation == _BRIGHTNESS:
        towards(source, np.float32(0), factor, out)
    elif operation == _CONTRAST:
        towards(source, np.float32(mean_gray(source)), factor, out)
    elif operation == _SATURATION:
        saturation(source, factor, out)
    elif operation == _SHARPNESS:
        sharpness(source, height, width, factor, out)
    elif operation == _POSTERIZE:
        posterize(source, magnitude, out)
    elif operation == _SOLARIZE:
        solarize(source, magnitude, out)
    elif operation == _AUTOCONTRAST:
        autocontrast(source, out)
    elif operation == _EQUALIZE:
        equalize(source, out)
    elif operation == _INVERT:
        invert(source, out)
    else:
        solarize_add(source, magnitude, out)


@loop
def mix(images, shape, operation, magnitude, matrix, weights, m, out):
    """AugMix: (1 - m) · image + m · weighted sum of its W chains, in [0, 1].

    images: (B, C, H·W) float32 in [0, 1], whose levels the chains start from. operation,
    magnitude: (B, W, L); matrix: (B, W, L, 2, 3); weights: (B, W) float32; m: (B,) float32.
    out: as `images`, and may be `images`. All arrays are contiguous.
    """
    _, height, width = shape
    size = images[0].shape
    total, levels = np.empty(size, np.float32), np.empty(size, np.uint8)
    first, second = np.empty(size, np.uint8), np.empty(size, np.uint8)
    for b in range(len(images)):
        image, shown = images[b], out[b]
        _to_levels(image, levels)
        for k in range(weights.shape[1]):
            version = _layered(
                levels, height, width, operation[b, k], magnitude[b, k], matrix[b, k], first, second
            )
            for c in range(len(image)):
                _add(version[c], weights[b, k], k == 0, total[c])
        for c in range(len(image)):
            _blend(image[c], total[c], m[b], shown[c])


@part
def _to_levels(image, levels):
    """float32 in [0, 1] -> uint8, rounded, halves to the even level."""
    zero, top = np.float32(0), np.float32(255)
    for c in range(len(image)):
        values, found = image[c], levels[c]
        for i in range(len(values)):
            level = min(max(np.rint(values[i] * top), zero), top)
            found[i] = np.uint8(np.int32(level))


@part
def _add(levels, weight, is_first, total):
    """Add `weight` times a version, or begin with it."""
    for i in range(len(levels)):
        share = weight * (np.float32(levels[i]) / np.float32(255))
        total[i] = share if is_first else total[i] + share


@part
def _blend(image, total, m, out):
    zero, one = np.float32(0), np.float32(1)
    for i in range(len(image)):
        out[i] = min(max((one - m) * image[i] + m * total[i], zero), one)


@part
def _to_values(levels, out):
    for i in range(len(levels)):
        out[i] = np.float32(levels[i]) / np.float32(255)
