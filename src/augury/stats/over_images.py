"""What the choice of test images adds to the uncertainty of a pair, for each metric."""

import math

import numpy as np
import scipy
from numpy.typing import NDArray

from augury.stats.bootstrap import (
    blocks,
    draw_with_replacement,
    percentile_interval,
    two_way_interval,
)
from augury.stats.class_metrics import image_shares
from augury.stats.pair import Calls, Pair


def has_predictions(pair: Pair, metric: str) -> bool:
    """Whether a pair has what verdicts need of its test images, or of its groups of them."""
    if pair.turns is not None:
        return True
    if metric == "accuracy":
        return pair.correct is not None and pair.baseline_correct is not None
    return pair.calls is not None


def image_gains(pair: Pair, metric: str) -> NDArray[np.float64]:
    """(S, N): the difference of the metric, as fractions, that each image makes in each run.

    Their mean over images is the difference of a run's accuracy. For other metrics, whose test
    images count as drawn within their classes, the mean over the seeds of each class is taken off,
    so that the spread over images is that within classes. Raises ValueError without predictions.
    """
    if metric == "accuracy" and pair.correct is not None and pair.baseline_correct is not None:
        gains: NDArray[np.float64] = pair.correct.astype(np.float64) - pair.baseline_correct
        return gains
    if pair.calls is None:
        raise ValueError("predictions on the test images are missing")
    labels = pair.calls.labels
    ours, theirs = (
        image_shares(metric, labels, called)
        for called in (pair.calls.called, pair.calls.baseline_called)
    )
    shares = len(labels) * (ours - theirs)
    _, place = np.unique(labels, return_inverse=True)
    of_class = np.bincount(place, shares.mean(axis=0)) / np.bincount(place)
    centered: NDArray[np.float64] = shares - of_class[place]
    return centered


def image_error(pair: Pair, metric: str) -> float:
    """Standard error, as a fraction, that the test images add to the mean difference."""
    if metric == "accuracy" and pair.correct is not None and pair.baseline_correct is not None:
        by_image = pair.correct.mean(axis=0) - pair.baseline_correct.mean(axis=0)
    else:
        by_image = image_gains(pair, metric).mean(axis=0)
    return float(by_image.std()) / math.sqrt(len(by_image))


def images_interval(
    pair: Pair, metric: str, confidence: float, replicates: int, seed: int
) -> tuple[float, float]:
    """Interval of the mean difference over seeds and test images, as fractions.

    Of accuracy, see `two_way_interval`; of the others, see `class_interval`.
    """
    if metric == "accuracy" and pair.correct is not None and pair.baseline_correct is not None:
        return two_way_interval(pair.correct, pair.baseline_correct, confidence, replicates, seed)
    if pair.calls is None:
        raise ValueError("predictions on the test images are missing")
    return class_interval(metric, pair.calls, confidence, replicates, seed)


def class_interval(
    metric: str, calls: Calls, confidence: float = 0.95, replicates: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """Interval of a class metric's mean difference over seeds, as fractions.

    metric: "balanced-accuracy" or "macro-f1". Each replicate draws S seeds and, within each class,
    as many test images as it has, independently and with replacement: the classes keep their sizes,
    so that a rare one is never without images. Otherwise as `two_way_interval`: swapping the arms
    mirrors the interval.
    """
    rng = np.random.default_rng(seed)
    patterns, counts = _patterns(calls)
    labels, called = patterns[:, 0], patterns[:, 1:]
    seeds = called.shape[1] // 2
    drawn_seeds = draw_with_replacement(seeds, replicates, rng)
    signs = np.repeat([1.0, -1.0], seeds)
    estimates = np.empty(replicates)
    for rows in blocks(replicates, max(len(counts), called.size)):
        drawn = _drawn_within_classes(labels, counts, rows.stop - rows.start, rng)
        values = _values(metric, labels, called, counts, drawn) * signs
        by_seed = values[:, :seeds] + values[:, seeds:]
        estimates[rows] = (drawn_seeds[rows] * by_seed).sum(axis=1) / seeds
    return percentile_interval(estimates, confidence)


def _patterns(calls: Calls) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different (label, calls of all runs), (P, 1 + 2S), and how many images have each, (P,).

    In order of appearance, not of value, so that swapping the arms changes signs only.
    """
    columns = np.vstack([calls.labels[None], calls.called, calls.baseline_called])
    found, first, counts = np.unique(
        columns.T.astype(np.int64), axis=0, return_index=True, return_counts=True
    )
    order = np.argsort(first)
    return found[order], counts[order]


def _drawn_within_classes(
    labels: NDArray[np.int64], counts: NDArray[np.int64], replicates: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """(replicates, P): how often the images of each pattern are drawn."""
    drawn = np.empty((replicates, len(labels)))
    for label in np.unique(labels):
        of_class = labels == label
        size = counts[of_class].sum()
        drawn[:, of_class] = rng.multinomial(size, counts[of_class] / size, replicates)
    return drawn


def _values(
    metric: str,
    labels: NDArray[np.int64],
    called: NDArray[np.int64],
    counts: NDArray[np.int64],
    drawn: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(R, 2S): the metric of each run on the images of each replicate.

    labels: (P,); called: (P, 2S); counts: (P,); drawn: (R, P).
    """
    classes, place = np.unique(labels, return_inverse=True)
    sizes = np.bincount(place, counts)
    runs = called.shape[1]
    values = np.empty((len(drawn), runs))
    for run in range(runs):
        hit = called[:, run] == labels
        # Whole numbers, so that equal arms differ by 0 and not by a rounding error.
        right = drawn @ _one_hot(place, hit, len(classes))
        if metric == "balanced-accuracy":
            values[:, run] = (right / sizes).mean(axis=1)
            continue
        known = np.isin(called[:, run], classes)
        column = np.searchsorted(classes, called[:, run]).clip(max=len(classes) - 1)
        named = drawn @ _one_hot(column, known, len(classes))
        values[:, run] = (2 * right / (sizes + named)).mean(axis=1)
    return values


def _one_hot(
    columns: NDArray[np.integer], where: NDArray[np.bool_], width: int
) -> scipy.sparse.csr_array:
    """(P, width): 1 in each row's column where `where` says so."""
    rows = np.flatnonzero(where)
    ones = (np.ones(len(rows)), (rows, columns[rows]))
    return scipy.sparse.csr_array(ones, shape=(len(columns), width))
