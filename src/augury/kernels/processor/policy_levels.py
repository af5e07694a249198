"""Operations on the levels of one uint8 image, pixel by pixel; as PIL rounds them.

Whatever an operation must know of the image (its mean gray, its largest level, its histogram) is
computed for this image, and only by the operation that needs it.
"""

import numpy as np

from augury.kernels.processor.compiled import part

_ZERO, _TOP = np.float32(0), np.float32(255)


@part
def blend(other, level, factor):
    """PIL's blend of two float32 levels, cut to a whole level; uint8."""
    found = (level - other) * factor + other
    return np.uint8(np.int32(min(max(found, _ZERO), _TOP)))


@part
def gray_of(red, green, blue):
    """PIL's mode "L" of three levels; int32 in 0..255."""
    weighted = np.int32(red) * np.int32(19595) + np.int32(green) * np.int32(38470)
    return (weighted + np.int32(blue) * np.int32(7471) + np.int32(32768)) >> np.int32(16)


@part
def towards(source, other, factor, out):
    """Blend all levels of `source` with the level `other`."""
    for c in range(source.shape[0]):
        for i in range(source.shape[1]):
            out[c, i] = blend(other, np.float32(source[c, i]), factor)


@part
def mean_gray(source):
    """The mean of the gray levels, rounded to the nearest, halves up; int64."""
    total, pixels = np.int64(0), source.shape[1]
    if len(source) == 1:
        for i in range(pixels):
            total += np.int64(source[0, i])
    else:
        red, green, blue = source[0], source[1], source[2]
        for i in range(pixels):
            total += np.int64(gray_of(red[i], green[i], blue[i]))
    return (2 * total + pixels) // (2 * pixels)


@part
def posterize(source, magnitude, out):
    bits = np.int64(min(max(magnitude, np.float32(0)), np.float32(8)))
    kept = np.uint8(256 - (1 << (8 - bits)))
    for c in range(source.shape[0]):
        for i in range(source.shape[1]):
            out[c, i] = source[c, i] & kept


@part
def solarize(source, magnitude, out):
    first = np.int32(np.ceil(min(max(magnitude, np.float32(0)), np.float32(256))))
    for c in range(source.shape[0]):
        for i in range(source.shape[1]):
            level = source[c, i]
            out[c, i] = ~level if np.int32(level) >= first else level


@part
def invert(source, out):
    for c in range(source.shape[0]):
        for i in range(source.shape[1]):
            out[c, i] = ~source[c, i]


@part
def solarize_add(source, magnitude, out):
    added = np.int32(min(max(magnitude, _ZERO), _TOP))
    for c in range(source.shape[0]):
        for i in range(source.shape[1]):
            level = source[c, i]
            raised = min(np.int32(level) + added, np.int32(255))
            out[c, i] = np.uint8(raised) if level < 128 else level


@part
def autocontrast(source, out):
    """Stretch each channel to 0..255; one of a single level stays as it is."""
    table = np.empty(256, np.uint8)
    for c in range(source.shape[0]):
        low, high = np.uint8(255), np.uint8(0)
        for i in range(source.shape[1]):
            low, high = min(low, source[c, i]), max(high, source[c, i])
        if low >= high:
            copy(source[c], out[c])
            continue
        # PIL's order of operations, in double precision: some 255 become 254.
        scale = 255.0 / (np.float64(high) - np.float64(low))
        start = -np.float64(low) * scale
        for level in range(256):
            stretched = np.float64(level) * scale + start
            table[level] = np.uint8(np.int32(min(max(stretched, 0.0), 255.0)))
        _look_up(source[c], table, out[c])


@part
def equalize(source, out):
    """Make each channel's histogram flat.

    A channel with fewer than 255 pixels below its largest level stays as it is.
    """
    table = np.empty(256, np.uint8)
    # Four histograms: additions to one place would wait for each other.
    counts = np.empty((4, 256), np.int32)
    for c in range(source.shape[0]):
        _count(source[c], counts)
        largest, below = 255, np.int64(source.shape[1])
        while counts[0, largest] == 0:
            largest -= 1
        step = (below - counts[0, largest]) // 255
        if step == 0:
            copy(source[c], out[c])
            continue
        start = step // 2
        for level in range(256):
            table[level] = np.uint8(min(start // step, 255))
            start += counts[0, level]
        _look_up(source[c], table, out[c])


@part
def _count(levels, counts):
    """counts[0]: how often each level occurs; the other rows are scratch."""
    for level in range(256):
        for k in range(4):
            counts[k, level] = 0
    whole = len(levels) // 4 * 4
    for i in range(0, whole, 4):
        for k in range(4):
            counts[k, levels[i + k]] += 1
    for i in range(whole, len(levels)):
        counts[0, levels[i]] += 1
    for level in range(256):
        counts[0, level] += counts[1, level] + counts[2, level] + counts[3, level]


@part
def copy(source, out):
    """(N,) -> (N,), the same levels."""
    for i in range(len(source)):
        out[i] = source[i]


@part
def _look_up(source, table, out):
    for i in range(len(source)):
        out[i] = table[source[i]]
