"""Percentile bootstraps over seeds, and over seeds and test images together."""

import numpy as np
from numpy.typing import NDArray

# Bounds the memory of a block of replicates to some 32 MB.
_BLOCK = 4_000_000


def percentile_interval(values: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """The central interval that holds a share `confidence` of `values` (R,)."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, (tail, 1 - tail))
    return float(low), float(high)


def draw_with_replacement(n: int, replicates: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(replicates, n): how often each of n things is drawn in n draws; rows sum to n."""
    return rng.multinomial(n, np.full(n, 1 / n), size=replicates)


def two_way_interval(
    correct_a: NDArray[np.bool_],
    correct_b: NDArray[np.bool_],
    confidence: float = 0.95,
    replicates: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Interval of accuracy(a) − accuracy(b), as fractions, over seeds and test images.

    correct_a, correct_b: (S, N) bool, rows the same seeds, columns the same test images.
    Each replicate draws S seeds and N images, independently, with replacement: the "pigeonhole"
    bootstrap (Owen, Annals of Applied Statistics 1, 2007), which is conservative where seeds and
    images interact. Swapping a and b mirrors the interval. Raises ValueError for other shapes
    or types.
    """
    if correct_a.dtype != np.bool_ or correct_b.dtype != np.bool_:
        raise ValueError(f"correct: bool is needed, got {correct_a.dtype} and {correct_b.dtype}")
    if correct_a.ndim != 2 or correct_a.size == 0 or correct_a.shape != correct_b.shape:
        raise ValueError(
            "correct: both arms must be of one shape (seeds, images), "
            f"got {correct_a.shape} and {correct_b.shape}"
        )
    patterns, counts = _image_patterns(correct_a, correct_b)
    seeds, images = correct_a.shape
    rng = np.random.default_rng(seed)
    drawn_seeds = draw_with_replacement(seeds, replicates, rng)
    estimates = np.empty(replicates)
    block = max(1, _BLOCK // len(counts))
    for start in range(0, replicates, block):
        rows = slice(start, start + block)
        drawn_images = rng.multinomial(images, counts / images, size=len(estimates[rows]))
        by_seed = drawn_images @ patterns
        estimates[rows] = (drawn_seeds[rows] * by_seed).sum(axis=1) / (seeds * images)
    return percentile_interval(estimates, confidence)


def _image_patterns(
    correct_a: NDArray[np.bool_], correct_b: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The distinct columns of a − b, (P, S) of −1, 0, 1, and how many images share each, (P,).

    Drawing images is drawing patterns in proportion to their counts, and there are few patterns:
    most images are right, or wrong, in every run. With 6 seeds at most 3^6 = 729 for 10,000
    images, which makes 10,000 replicates a matter of tenths of a second.
    """
    difference = correct_a.astype(np.int8) - correct_b.astype(np.int8)
    patterns, first, counts = np.unique(difference.T, axis=0, return_index=True, return_counts=True)
    # In order of appearance, not of value, so that swapping the arms changes signs only.
    order = np.argsort(first)
    return patterns[order].astype(np.float64), counts[order]
