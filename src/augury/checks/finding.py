"""The result of a check, and the statistical intervals for it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

Verdict = Literal["ok", "FAULT", "note"]

# Two-sided 99.9 %: one false alarm in a thousand checks.
_Z = 3.29
_TAIL = (1 - 0.9999) / 2


@dataclass(frozen=True)
class Finding:
    """The result of one check of one augmentation.

    expected, measured: in words. interval: of the measured value, 99.9 % for a rate and 99.99 % for
    a correlation, because several are tested. count: images or sizes that were checked.
    verdict: "note" if the check does not apply, or if there is no documented value to compare with.
    """

    name: str
    expected: str
    measured: str
    verdict: Verdict
    count: int = 0
    interval: tuple[float, float] | None = None


def verdict(sound: bool) -> Verdict:
    return "ok" if sound else "FAULT"


def wilson(rate: float, count: float) -> tuple[float, float]:
    """The 99.9 % Wilson interval of a `rate` observed in `count` independent cases."""
    middle = (rate + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = (rate * (1 - rate) / count + (_Z / (2 * count)) ** 2) ** 0.5 * _Z / (1 + _Z**2 / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def effective_count(flags: np.ndarray) -> float:
    """(batches, n) bool -> the effective number of independent cases.

    Smaller than the number of flags if those of one batch are correlated.
    """
    batches, n = flags.shape
    rate = flags.mean()
    if batches < 2 or rate in (0, 1):
        return float(flags.size)
    design = n * flags.mean(1).var(ddof=1) / (rate * (1 - rate))
    return float(flags.size / max(1.0, design))


def correlation_within(values: np.ndarray) -> tuple[float, tuple[float, float]] | None:
    """The intraclass correlation of values (batches, n) within batches, with its interval.

    nan: a sample without a value. One-way analysis of variance of the ranks, so that a few large
    values do not dominate; with many batches its F test is valid for any distribution. None if
    there are too few values, or if all are equal.
    """
    known = ~np.isnan(values)
    sizes = known.sum(1)
    values, known, sizes = values[sizes >= 2], known[sizes >= 2], sizes[sizes >= 2]
    batches, total = len(sizes), int(sizes.sum())
    if batches < 10 or total < 200:
        return None
    ranks = np.zeros(values.shape)
    ranks[known] = scipy.stats.rankdata(values[known].round(6))
    overall = ranks[known].mean()
    means = ranks.sum(1) / sizes
    between = (sizes * (means - overall) ** 2).sum() / (batches - 1)
    within = (((ranks - means[:, None]) * known) ** 2).sum() / (total - batches)
    if between == 0 and within == 0:
        return None
    size = (total - (sizes**2).sum() / total) / (batches - 1)
    correlation = (between - within) / (between + (size - 1) * within)
    if within == 0:
        return 1.0, (1.0, 1.0)
    bounds = (
        between / within / float(scipy.stats.f.ppf(q, batches - 1, total - batches))
        for q in (1 - _TAIL, _TAIL)
    )
    low, high = ((f - 1) / (f + size - 1) for f in bounds)
    return float(correlation), (float(low), float(high))
