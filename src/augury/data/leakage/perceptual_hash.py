"""Perceptual hashes, a few bits that are equal in copies of a picture, and pairs of close hashes.

The hash is the "pHash" (Zauner 2010): the gray image is shrunk by area to 32×32 and transformed by
the discrete cosine transform; each of the 8×8 lowest frequencies, except the mean, gives one bit:
whether it is clearly above their median. Brightness and contrast do not change it; JPEG changes few
bits. Deviations: Zauner smooths by 7×7 before shrinking, which area averages replace; he also
leaves out frequencies of a single direction, here only the mean is left out, which gives 63 bits; a
frequency must exceed the median by 2 % of their mean size, his bits have no margin.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

SIDE = 32
BITS = 63
_LOWEST = 8
_MARGIN = 0.02  # of the mean size of the frequencies: 1 to 2 gray levels in photographs
_GRAY = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R 601
# Pairs that are compared at once. Few rows, so that rare close pairs lie in few columns of a block;
# 1 MB of sums, which fits a processor's cache.
_BLOCK = (64, 4096)

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


def gray_images(images: npt.NDArray[np.uint8]) -> Floats:
    """Square images (N, C, H, H) uint8 in gray, (N, S, S) in 0..255, S = min(H, 32).

    Shrunk by area: a pixel is the mean of the area it covers. Smaller images are not enlarged.
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

    With signs, a matrix product counts the equal bits of all pairs exactly: 50,000 × 10,000 pairs
    take one second on one core.
    """
    waves = _cosines(gray.shape[1])
    low = (waves @ gray @ waves.T).reshape(len(gray), -1)[:, 1:]
    # In a symmetric image half of the frequencies and the median are 0; rounding errors must not
    # decide these bits.
    margin = _MARGIN * np.abs(low).mean(axis=1, keepdims=True)
    above = low > np.median(low, axis=1, keepdims=True) + margin
    return np.where(above, np.float32(1), np.float32(-1))


def close_pairs(first: Floats, second: Floats, radius: int) -> Iterator[tuple[Rows, Rows]]:
    """Rows of all pairs whose hashes differ in at most `radius` bits, a block of pairs at a time.

    first, second: hashes from `hash_signs`. Blocks come in the order of the rows of `first`, and
    have at most 64 × 4096 pairs.
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
    """(side, height): the share of each small pixel that each large one covers; rows sum to 1."""
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
