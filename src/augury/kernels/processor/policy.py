"""AutoAugment's operations for one image, which pays for its own operations only.

The levels are those of `augment/policies/operations.py`, bit for bit.
"""

import numpy as np

from augury.kernels.processor.compiled import compiled, inlined
from augury.kernels.processor.policy_levels import (
    autocontrast,
    equalize,
    mean_gray,
    posterize,
    solarize,
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


@compiled
def layers_image(source, height, width, operation, magnitude, matrix, first, second):
    """One image after its layers; neighboring moves are one resampling.

    source: (C, H·W) uint8, not written to. operation: (L,) int64; magnitude: (L,) float32;
    matrix: (L, 2, 3) float32, see `steps.Layers`. first, second: (C, H·W) uint8, scratch; `second`
    may be `source`, which is then written to. Returns the array that holds the result: `source`
    itself, `first` or `second`. All arrays are contiguous.
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
    else:
        equalize(source, out)


@inlined
def mixture_image(
    levels, height, width, image, operation, magnitude, matrix, weights, m, first, second, total
):
    """AugMix: `image` becomes (1 - m) · image + m · weighted sum of its W chains, in [0, 1].

    levels: (C, H·W) uint8, from which the chains start; image: (C, H·W) float32, written to.
    operation, magnitude: (W, L); matrix: (W, L, 2, 3); weights: (W,) float32; m: float32.
    first, second: (C, H·W) uint8, and total: (C, H·W) float32, scratch.
    """
    for k in range(len(weights)):
        version = layers_image(
            levels, height, width, operation[k], magnitude[k], matrix[k], first, second
        )
        for c in range(len(levels)):
            _add(version[c], weights[k], k == 0, total[c])
    for c in range(len(levels)):
        _mix(total[c], m, image[c])


@compiled
def _add(levels, weight, is_first, total):
    """Add `weight` times a version, or begin with it."""
    for i in range(len(levels)):
        share = weight * (np.float32(levels[i]) / np.float32(255))
        total[i] = share if is_first else total[i] + share


@compiled
def _mix(total, m, image):
    zero, one = np.float32(0), np.float32(1)
    for i in range(len(image)):
        image[i] = min(max((one - m) * image[i] + m * total[i], zero), one)
