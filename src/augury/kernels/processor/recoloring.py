"""Color operations of float32 images, with the operations of `augment/color/` in their order."""

import numpy as np

from augury.kernels.processor.compiled import inlined, loop, part
from augury.kernels.steps import RECOLORINGS

_BRIGHTNESS = RECOLORINGS.index("brightness")
_CONTRAST = RECOLORINGS.index("contrast")
_SATURATION = RECOLORINGS.index("saturation")
_SHARPNESS = RECOLORINGS.index("sharpness")
_HUE = RECOLORINGS.index("hue")
_GRAYSCALE = RECOLORINGS.index("grayscale")

_ZERO, _ONE = np.float32(0), np.float32(1)
_RED, _GREEN, _BLUE = np.float32(0.299), np.float32(0.587), np.float32(0.114)


@loop
def recolor(images, shape, kind, amount, out):
    """Each image after one of RECOLORINGS.

    images: (B, C, H·W) float32 in [0, 1]; out: the same, and not `images`; shape: (C, H, W).
    kind: the place in RECOLORINGS; amount: (B,) float32, see `steps.Recolor`.
    """
    channels, height, width = shape
    other = np.empty((channels, height * width), np.float32)
    rows = np.empty(height * width, np.float32)
    neutral = _ZERO if kind in (_HUE, _GRAYSCALE) else _ONE
    for b in range(len(images)):
        image, found = images[b], out[b]
        if amount[b] == neutral or (kind == _HUE and channels == 1):
            for c in range(channels):
                _copy(image[c], found[c])
        elif kind == _BRIGHTNESS:
            for c in range(channels):
                _brighten(image[c], amount[b], found[c])
        elif kind == _CONTRAST:
            _luma(image, other[0])
            mean = _mean(other[0])
            for c in range(channels):
                _towards(image[c], mean, amount[b], found[c])
        elif kind == _SATURATION:
            _luma(image, other[0])
            for c in range(channels):
                _blend(image[c], other[0], amount[b], found[c])
        elif kind == _SHARPNESS:
            for c in range(channels):
                _smooth(image[c], height, width, rows, other[c])
                _blend(image[c], other[c], amount[b], found[c])
        elif kind == _HUE:
            _turn(image[0], image[1], image[2], amount[b], found[0], found[1], found[2])
        else:
            _luma(image, other[0])
            for c in range(channels):
                _brighten(other[0], _ONE, found[c])


@inlined
def _clipped(value):
    return min(max(value, _ZERO), _ONE)


@part
def _copy(values, out):
    for i in range(len(values)):
        out[i] = values[i]


@part
def _brighten(values, factor, out):
    for i in range(len(values)):
        out[i] = _clipped(values[i] * factor)


@part
def _towards(values, other, factor, out):
    rest = _ONE - factor
    for i in range(len(values)):
        out[i] = _clipped(values[i] + rest * (other - values[i]))


@part
def _blend(values, other, factor, out):
    rest = _ONE - factor
    for i in range(len(values)):
        out[i] = _clipped(values[i] + rest * (other[i] - values[i]))


@part
def _luma(image, out):
    if len(image) == 1:
        _copy(image[0], out)
        return
    red, green, blue = image[0], image[1], image[2]
    for i in range(len(out)):
        out[i] = (red[i] * _RED + green[i] * _GREEN) + blue[i] * _BLUE


@part
def _mean(values):
    """The mean of whole multiples of 2^-24, whose sum is exact in any order."""
    total = np.int64(0)
    for i in range(len(values)):
        total += np.int64(np.rint(values[i] * np.float32(2**24)))
    return np.float32(np.float64(total) / np.float64(len(values) * 2**24))


@part
def _smooth(values, height, width, rows, out):
    """rows: scratch. The outermost pixels keep their values."""
    _copy(values, out)
    if height < 3 or width < 3:
        return
    first, end = width + 1, len(values) - width - 1
    _add_rows(values, values[width:], values[2 * width :], rows[width : end + 1])
    # In one loop over all rows; the first and last column are put right afterwards.
    _thirteenths(rows[first - 1 :], rows[first:], rows[first + 1 :], values[first:], out[first:end])
    for at in range(width, len(values), width):
        out[at - 1], out[at] = values[at - 1], values[at]


@part
def _add_rows(above, values, below, rows):
    for i in range(len(rows)):
        rows[i] = (above[i] + values[i]) + below[i]


@part
def _thirteenths(before, rows, after, values, out):
    for i in range(len(out)):
        total = (before[i] + rows[i]) + after[i]
        out[i] = (total + np.float32(4) * values[i]) / np.float32(13)


@part
def _turn(red, green, blue, shift, out_red, out_green, out_blue):
    """Hue in sixths of a turn; grays keep their values."""
    two, four, six = np.float32(2), np.float32(4), np.float32(6)
    three, turn = np.float32(3), six * shift
    for i in range(len(red)):
        r, g, b = red[i], green[i], blue[i]
        high, low = max(max(r, g), b), min(min(r, g), b)
        chroma = high - low
        divisor = _ONE if chroma == _ZERO else chroma
        near_red, near_green = (g - b) / divisor, (b - r) / divisor + two
        near_blue = (r - g) / divisor + four
        hue = near_red if high == r else (near_green if high == g else near_blue)
        hue = hue + turn
        hue = hue - six * np.floor(hue / six)
        out_red[i] = _clipped(high - chroma * _clipped(two - abs(hue - three)))
        out_green[i] = _clipped(high - chroma * _clipped(abs(hue - two) - _ONE))
        out_blue[i] = _clipped(high - chroma * _clipped(abs(hue - four) - _ONE))
