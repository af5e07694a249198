"""What more seeds would show of an arm, if its differences went on as they are."""

import math

import numpy as np
import scipy
from numpy.typing import NDArray

_MARGIN = 0.1
"""Chance that an arm which is given up could have been decided after all, on either side."""
_LEAST_SPREAD = 1e-9


def seeds_until_decided(
    differences: NDArray[np.float64], level: float, min_difference: float, mixing: float, most: int
) -> int | None:
    """How many seeds an arm has when it is decided; None where `most` do not decide it.

    As if the next differences left their mean and deviation as they are. differences: (S,) points,
    S ≥ 2; level: at which this arm is tested, in (0, 1).
    """
    mean, spread = float(differences.mean()), float(differences.std(ddof=1))
    return _first(mean, mean, spread, len(differences), level, min_difference, mixing, most)


def could_be_decided(
    differences: NDArray[np.float64], level: float, min_difference: float, mixing: float, most: int
) -> bool:
    """Whether `most` seeds may decide an arm, if chance is kind to it.

    Mean and deviation are taken where they are with a chance of a tenth: the mean farther from 0
    for "helps" and "hurts", nearer to it for "no difference", the deviation smaller.
    """
    n = len(differences)
    spread = float(differences.std(ddof=1))
    quantile, ratio = scipy.special.stdtrit(n - 1, _MARGIN), scipy.special.chdtri(n - 1, _MARGIN)
    shift = float(-quantile * spread / math.sqrt(n))
    smallest = float(spread * np.sqrt((n - 1) / ratio))
    size = abs(float(differences.mean()))
    far, near = float(size + shift), float(max(0.0, size - shift))
    return _first(far, near, smallest, n, level, min_difference, mixing, most) is not None


def _first(
    far: float,
    near: float,
    spread: float,
    seeds: int,
    level: float,
    min_difference: float,
    mixing: float,
    most: int,
) -> int | None:
    """The first number of seeds over `seeds` at which a mean `far` is refuted to be 0, or a mean
    `near` is within ± min_difference, by the formulas of `augury.stats.e_process`."""
    if seeds >= most:
        return None
    n = np.arange(seeds + 1, most + 1, dtype=np.float64)
    kept = mixing / (n + mixing)
    squares = (n - 1) * max(spread, _LEAST_SPREAD) ** 2
    ratio = n * far**2 / squares
    evidence = (np.log(kept) + n * (np.log1p(ratio) - np.log1p(kept * ratio))) / 2
    shown = (evidence >= -math.log(level)) & (abs(far) >= min_difference)
    growth = np.exp((-np.log(kept) - 2 * math.log(level)) / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        radius = np.sqrt(squares / n * (growth - 1) / (1 - growth * kept))
    finite = growth * kept < 1
    small = finite & (abs(near) + np.where(finite, radius, np.inf) < min_difference)
    places = np.flatnonzero(shown | small)
    return int(n[places[0]]) if len(places) else None
