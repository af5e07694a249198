"""Perceptual hashes: few bits by which two copies of a picture are alike, and pairs close in them.

The hash is the "pHash" (Zauner 2010): the image in gray, shrunk by area to 32×32, its discrete
cosine transform, and of the 8×8 lowest frequencies without the mean a bit each, whether it is
clearly above their median. Brightness and contrast leave it as it is, and JPEG changes few bits.
Deviations: Zauner smooths by 7×7 before shrinking, which area averages make needless, and leaves
out the frequencies of one direction alone; here only the mean is left out, so there are 63 bits.
A frequency must exceed the median by 2 % of their mean size, where his bits have no margin.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

SIDE = 32
BITS = 63
_LOWEST = 8
_MARGIN = 0.02  # of the mean size of the frequencies: 1 to 2 gray levels in photographs
_GRAY = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R 601
# Pairs that are compared at once. Few rows, so that close pairs, where they are rare, lie in few of
# the block's columns; 1 MB of sums, which a processor's cache holds.
_BLOCK = (64, 4096)

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


def gray_images(images: npt.NDArray[np.uint8]) -> Floats:
    """Square images (N, C, H, H) uint8 in gray, (N, S, S) in 0..255, S = min(H, 32).

    Shrunk by area: a pixel is the mean of all that it covers. Smaller images are not enlarged.
    """
    channels, height = images.shape[1:3]
    values = images.astype(np.float32)
    gray: Floats = values[:, 0] if channels == 1 else np.tensordot(values, _GRAY, (1, 0))
    if height <= SIDE:
        return gray
    shares = _shares(height, SIDE)
    return np.asarray(shares @ gray @ shares.T)


def hash_signs(gray: Floats) -> Floats:
    """The hashes of (N, S, S) gray images, S >= 8: (N, 63), 1 for a bit that is set, else -1.

    As signs and not as bits: a matrix product then counts the bits that agree, for all pairs at
    once and exactly: 50,000 × 10,000 of them in one second on one core.
    """
    waves = _cosines(gray.shape[1])
    low = (waves @ gray @ waves.T).reshape(len(gray), -1)[:, 1:]
    # In a symmetric image half of the frequencies are 0, and so is the median: rounding must not
    # decide their bits.
    margin = _MARGIN * np.abs(low).mean(axis=1, keepdims=True)
    above = low > np.median(low, axis=1, keepdims=True) + margin
    return np.where(above, np.float32(1), np.float32(-1))


def close_pairs(first: Floats, second: Floats, radius: int) -> Iterator[tuple[Rows, Rows]]:
    """Rows of all pairs whose hashes differ in at most `radius` bits, a block of pairs at a time.

    first, second: as from `hash_signs`. The blocks come in the order of the rows of `first`; none
    holds more than 64 × 4096 pairs, however many there are.
    """
    least = first.shape[1] - 2 * radius  # agreeing bits less differing ones
    height, width = _BLOCK
    for top in range(0, len(first), height):
        for left in range(0, len(second), width):
            agreement = first[top : top + height] @ second[left : left + width].T
            rows, columns = np.nonzero(agreement >= least)
            if len(rows):
                yield rows + top, columns + left


def _shares(height: int, side: int) -> Floats:
    """(side, height): which share of each small pixel each large one covers; rows sum to 1."""
    edges = np.linspace(0, height, side + 1)
    pixels = np.arange(height)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.asarray(np.maximum(covered, 0) * (side / height), dtype=np.float32)


def _cosines(side: int) -> Floats:
    """(8, side): the lowest rows of the orthonormal DCT-II."""
    angles = np.outer(np.arange(_LOWEST), np.arange(side) + 0.5) * (np.pi / side)
    waves = np.cos(angles) * np.sqrt(2 / side)
    waves[0] /= np.sqrt(2)
    return np.asarray(waves, dtype=np.float32)
