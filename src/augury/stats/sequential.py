"""Looking at a study more than once, without more false alarms than one look would give.

The paired t test is made at every look, and what counts is its smallest p so far. How small that
gets by chance does not depend on the size or spread of anything: with normal differences it is a
matter of the looks alone, and is found here by simulation. So the smallest p becomes an ordinary
p-value, which Holm's correction may take like any other, and intervals widen by the same measure.
This is Pocock's design (Biometrika 64, 1977: one nominal level for all looks) for t tests, as in
Jennison & Turnbull, Group Sequential Methods (2000), section 3.3 and chapter 9 (repeated
intervals). Stopping earlier than planned, at any time and for any reason, keeps it valid; adding
looks that were not planned does not.
"""

import functools
from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from augury.stats.paired import has_spread, paired_t

_PATHS = 100_000
_BLOCK = 10_000
_SEED = 0x5E0


def looks_of(planned: Sequence[int], seeds: int) -> tuple[int, ...]:
    """The looks (≥ 2 seeds) of a study that now has `seeds`: this one is a look too.

    planned: numbers of seeds, ascending; none or one is a study that is judged once.
    """
    if len(planned) < 2:
        return (seeds,)
    return tuple(sorted({n for n in planned if n >= 2} | {seeds}))


def smallest_p(differences: NDArray[np.float64], looks: Sequence[int]) -> float:
    """The smallest p of the paired t test at the looks up to now.

    differences: (S,) in the order in which the seeds were run. A look at which there was no spread
    counts as p = 1. Raises ValueError where there is none even now.
    """
    now = paired_t(differences).p
    earlier = [differences[:n] for n in looks if n < len(differences)]
    return min([now, *(paired_t(first).p for first in earlier if has_spread(first))])


def adjusted_p(p: float, looks: tuple[int, ...]) -> float:
    """The chance that, with no difference, the smallest p over all `looks` is at most `p`.

    Never under 1 / 100,001, the resolution of the simulation; with a single look it is `p`.
    """
    if len(looks) < 2:
        return p
    minima = _minima(looks)
    return float((np.searchsorted(minima, p, side="right") + 1) / (len(minima) + 1))


def nominal_level(alpha: float, looks: tuple[int, ...]) -> float:
    """The level of each single look at which all `looks` together have level `alpha`."""
    if len(looks) < 2:
        return alpha
    minima = _minima(looks)
    return float(minima[max(0, int(alpha * (len(minima) + 1)) - 1)])


@functools.lru_cache(maxsize=64)
def _minima(looks: tuple[int, ...]) -> NDArray[np.float64]:
    """(_PATHS,) ascending: the smallest two-sided p over the looks at pure chance."""
    if min(looks) < 2:
        raise ValueError(f"looks: each needs at least 2 seeds, got {looks}")
    rng = np.random.default_rng(_SEED)
    ends = np.array(looks)
    minima = np.empty(_PATHS)
    for start in range(0, _PATHS, _BLOCK):
        steps = rng.standard_normal((_BLOCK, ends[-1]))
        sums = steps.cumsum(axis=1)[:, ends - 1]
        squares = (steps**2).cumsum(axis=1)[:, ends - 1]
        variance = (squares - sums**2 / ends) / (ends - 1)
        t = sums / np.sqrt(ends * variance)
        minima[start : start + _BLOCK] = (2 * scipy.special.stdtr(ends - 1, -np.abs(t))).min(axis=1)
    return np.sort(minima)
