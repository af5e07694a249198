"""The interquartile mean over seeds and problems, with its interval."""

import numpy as np
from numpy.typing import NDArray

from augury.stats.bootstrap import blocks, percentile_interval

_CUT = 0.25


def interquartile_mean(scores: NDArray[np.float64]) -> float:
    """The mean of the middle half of all scores, whatever their shape, in their unit.

    As in rliable (Agarwal et al., NeurIPS 2021): a quarter of the scores, rounded down, is left
    out at either end, so of fewer than 4 nothing is. Scores of different problems must be on one
    scale. Raises ValueError for no scores, or scores that are not finite.
    """
    if not scores.size or not np.isfinite(scores).all():
        raise ValueError(f"scores: at least one, all finite, are needed, got {scores}")
    return float(_middle_mean(scores.reshape(1, -1))[0])


def iqm_interval(
    scores: NDArray[np.float64],
    confidence: float = 0.95,
    replicates: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of the interquartile mean of `scores` (S seeds, M problems).

    The bootstrap is stratified as in rliable: each replicate draws S seeds with replacement
    within every problem, independently of the other problems; the problems stay as they are.
    Deviation: 10,000 replicates; rliable's default is 50,000. Raises ValueError for other shapes,
    fewer than 2 seeds, scores that are not finite, or a confidence outside (0, 1).
    """
    if scores.ndim != 2 or len(scores) < 2 or not scores.size or not np.isfinite(scores).all():
        raise ValueError(
            "scores: (seeds, problems) with at least 2 seeds, all finite, are needed, "
            f"got shape {scores.shape}, {np.count_nonzero(~np.isfinite(scores))} not finite"
        )
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: must be in (0, 1), got {confidence}")
    rng = np.random.default_rng(seed)
    estimates = np.empty(replicates)
    for rows in blocks(replicates, scores.size):
        drawn = rng.integers(len(scores), size=(rows.stop - rows.start, *scores.shape))
        samples = np.take_along_axis(scores[None], drawn, axis=1)
        estimates[rows] = _middle_mean(samples.reshape(len(samples), -1))
    return percentile_interval(estimates, confidence)


def _middle_mean(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each row of (N, M): the mean without the quarter, rounded down, at either end.

    As scipy.stats.trim_mean, without the second that importing scipy.stats takes.
    """
    scores = scores.astype(np.float64, copy=False)
    m = scores.shape[1]
    cut = int(_CUT * m)
    means: NDArray[np.float64] = np.partition(scores, (cut, m - cut - 1))[:, cut : m - cut].mean(1)
    return means
