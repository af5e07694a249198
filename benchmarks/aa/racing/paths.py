"""What a look at a race goes by, of every arm after every seed, worked out at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augury.stats import Rule, anytime_p, confidence_sequence
from augury.stats.race import FEWEST_PAIRS, matters

from .outlook import hopeless_at, needed_at

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Paths:
    """Of R races with K arms, after each of S pairs; all are (R, K, S).

    p: anytime p; shown_p: the smallest p so far at which the difference was one that matters, and
    signs: its direction then; small: whether the confidence sequence has been within ±
    min_difference; needed: seeds until a verdict if the arm goes on as so far; hopeless: whether
    the largest number of seeds would hardly decide it; pairs: how many of the first s + 1 *seeds*
    have a difference, as a failed cell takes its seed out.
    """

    p: Array
    shown_p: Array
    signs: Array
    small: NDArray[np.bool_]
    needed: NDArray[np.int_]
    hopeless: NDArray[np.bool_]
    pairs: NDArray[np.int_]


def differences(accuracies: Array) -> tuple[Array, NDArray[np.int_]]:
    """(R, K, S) differences of arms and baseline without failed seeds, and `Paths.pairs`.

    accuracies: (R, 1 + K, S), NaN where a cell failed. What is missing at the end is filled with
    the last difference, which no look reaches.
    """
    found = accuracies[:, 1:] - accuracies[:, :1]
    there = np.isfinite(found)
    order = np.argsort(~there, axis=-1, kind="stable")
    moved = np.take_along_axis(found, order, axis=-1)
    count = there.sum(axis=-1, keepdims=True)
    last = np.take_along_axis(moved, np.maximum(count - 1, 0), axis=-1)
    filled = np.where(np.arange(found.shape[-1]) < count, moved, last)
    return np.nan_to_num(filled), there.cumsum(axis=-1)


def paths_of(accuracies: Array, levels: Array, rule: Rule, looks_ahead: bool) -> Paths:
    """levels: (R, K), of each arm's confidence sequence: its batch's over the arms of the batch.

    looks_ahead: whether `needed` and `hopeless` are worked out; else they are 0 and False.
    """
    values, pairs = differences(accuracies)
    small = np.zeros(values.shape, dtype=bool)
    for level in np.unique(levels):
        its = levels == level
        sequence = confidence_sequence(values[its], float(level), rule.mixing)
        small[its] = (np.abs(sequence) < rule.min_difference).all(axis=-1)
    n = np.arange(1, values.shape[-1] + 1)
    means = values.cumsum(axis=-1) / n
    p = anytime_p(values, 0.0, rule.mixing)
    counts = matters(means, rule) & (n >= FEWEST_PAIRS)
    # p never rises, so the smallest is the last.
    last = np.maximum.accumulate(np.where(counts, n - 1, 0), axis=-1)
    at_last = np.take_along_axis(np.where(counts, p, 1.0), last, axis=-1)
    needed, hopeless = np.zeros(values.shape, dtype=int), np.zeros(values.shape, dtype=bool)
    if looks_ahead:
        needed = needed_at(values, levels, rule)
        hopeless = hopeless_at(values, levels, rule)
    return Paths(
        p=np.where(n >= FEWEST_PAIRS, p, 1.0),
        shown_p=at_last,
        signs=np.sign(np.take_along_axis(means, last, axis=-1)),
        small=np.logical_or.accumulate(small & (n >= FEWEST_PAIRS), axis=-1),
        needed=needed,
        hopeless=hopeless,
        pairs=pairs,
    )
